/** Secrets: names out, values in, never values out. */
import { VortexError } from '#contract/errors.ts'
import type { Handlers } from '../handlers.ts'
import type { ApiServices } from '../services.ts'
import { iso } from '../present/instant.ts'

export function secretHandlers({ vault }: ApiServices): Pick<Handlers, 'listSecrets' | 'setSecret' | 'deleteSecret'> {
  return {
    async listSecrets() {
      const secrets = await vault.list()
      return {
        secrets: secrets.map(({ key, created_at, updated_at }) => ({ key, created_at: iso(created_at), updated_at: iso(updated_at) })),
      }
    },
    async setSecret({ body }) {
      if (body.if_absent !== true) await vault.set(body)
      else if (!(await vault.create(body))) throw new VortexError('conflict', `There is a secret "${body.key}" already.`, { field: 'key' })
      return { message: `Secret "${body.key}" was set.` }
    },
    async deleteSecret({ params }) {
      if (!(await vault.delete(params))) throw new VortexError('not_found', `There is no secret "${params.key}".`)
      return { message: `Secret "${params.key}" was deleted.` }
    },
  }
}
