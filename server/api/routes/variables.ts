/** Variables: plain settings of DAGs. Values whose name marks them as sensitive are written, never shown. */
import { pageOf, pageWith, type Handlers } from '../handlers.ts'
import type { ApiServices } from '../services.ts'
import { presentVariable } from '../present/admin.ts'

type VariableHandlers = Pick<Handlers, 'listVariables' | 'setVariable' | 'getVariable' | 'deleteVariable'>

export function variableHandlers({ store, dagFiles, clock }: ApiServices): VariableHandlers {
  return {
    async listVariables({ query }) {
      const request = pageOf(query)
      const page = await store.variableList({ ...request, ...(query.search === undefined ? {} : { search: query.search }) })
      return pageWith(page, request, presentVariable)
    },
    async setVariable({ params, body }) {
      const variable = { key: params.key, value: body.value, description: body.description ?? '', updated_at: clock.now() }
      await store.variablePut(variable)
      dagFiles.variableChanged(variable.key)
      return presentVariable(variable)
    },
    getVariable: async (_, { object: variable }) => presentVariable(variable),
    async deleteVariable(_, { object: variable }) {
      await store.variableDelete({ key: variable.key })
      dagFiles.variableChanged(variable.key)
      return { message: `Variable "${variable.key}" was deleted.` }
    },
  }
}
