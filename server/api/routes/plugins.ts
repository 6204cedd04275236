/** The list of plugins. */
import { VortexError } from '#contract/errors.ts'
import type { Handlers } from '../handlers.ts'
import type { ApiServices } from '../services.ts'

export function pluginHandlers({ dagFiles }: ApiServices): Pick<Handlers, 'listPlugins'> {
  return {
    async listPlugins() {
      try {
        return await dagFiles.plugins()
      } catch (error) {
        throw new VortexError('invalid_state', error instanceof Error ? error.message : String(error), null, { cause: error })
      }
    },
  }
}
