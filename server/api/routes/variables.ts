/** Variables: plain settings of DAGs. Values whose name marks them as sensitive are written, never shown. */
import { VortexError } from '#contract/errors.ts'
import { pageOf, pageWith, type Handlers } from '../handlers.ts'
import type { ApiServices } from '../services.ts'
import { presentVariable } from '../present/admin.ts'

type VariableHandlers = Pick<
  Handlers,
  'listVariables' | 'setVariable' | 'getVariable' | 'deleteVariable' | 'importVariables' | 'getVariableUses'
>
/** As long as one set by itself may be. */
const VALUE_MAX = 1_048_576
const DESCRIPTION_MAX = 2000

/** Airflow's files hold the value alone, or it with its description. */
function readImported(given: unknown): { value: string; description: string | null } {
  const { value, description, ...rest } = (typeof given === 'object' && given !== null ? given : {}) as Record<string, unknown>
  const isDescribed = value !== undefined && typeof description === 'string' && Object.keys(rest).length === 0
  const plain = isDescribed ? value : given
  return {
    value: typeof plain === 'string' ? plain : JSON.stringify(plain),
    description: isDescribed ? description.slice(0, DESCRIPTION_MAX) : null,
  }
}

export function variableHandlers({ store, dagFiles, clock }: ApiServices): VariableHandlers {
  return {
    async listVariables({ query }) {
      const request = pageOf(query)
      const page = await store.variableList({ ...request, ...(query.search === undefined ? {} : { search: query.search }) })
      return pageWith(page, request, presentVariable)
    },
    async setVariable({ params, body }) {
      const { key } = params
      const description = body.description ?? (await store.variableGet({ key }))?.description ?? ''
      const variable = { key, value: body.value, description, updated_at: clock.now() }
      if (body.if_absent !== true) await store.variablePut(variable)
      else if (!(await store.variableCreate(variable)))
        throw new VortexError('conflict', `There is a variable "${key}" already.`, { field: 'key' })
      dagFiles.variableChanged(variable.key)
      return presentVariable(variable)
    },
    async importVariables({ body: { variables, on_existing = 'overwrite', dry_run = false } }) {
      const entries = Object.entries(variables).map(([key, value]) => ({ key, ...readImported(value) }))
      const long = entries.find(({ value }) => value.length > VALUE_MAX)
      if (long) throw new VortexError('invalid_request', `The value of "${long.key}" is longer than 1 MiB.`, { field: long.key })
      const known = new Map<string, string>()
      for (const { key } of entries) {
        const variable = await store.variableGet({ key })
        if (variable !== null) known.set(key, variable.description)
      }
      if (on_existing === 'fail' && known.size > 0)
        throw new VortexError(
          'conflict',
          `${known.size} of the variables exist already, ${[...known.keys()].slice(0, 5).join(', ')} among them.`,
          {
            keys: [...known.keys()],
          },
        )
      const taken = entries.filter(({ key }) => on_existing === 'overwrite' || !known.has(key))
      if (!dry_run) {
        for (const { key, value, description } of taken) {
          await store.variablePut({ key, value, description: description ?? known.get(key) ?? '', updated_at: clock.now() })
          dagFiles.variableChanged(key)
        }
      }
      return {
        dry_run,
        created: taken.flatMap(({ key }) => (known.has(key) ? [] : [key])),
        overwritten: taken.flatMap(({ key }) => (known.has(key) ? [key] : [])),
        skipped: entries.flatMap(({ key }) => (on_existing === 'skip' && known.has(key) ? [key] : [])),
      }
    },
    async getVariableUses({ params: { key } }) {
      const files = (await store.dagFileList()).filter(({ inputs }) => inputs.variables.includes(key))
      return { files: files.map(({ file, dag_ids }) => ({ file, dag_ids })) }
    },
    getVariable: async (_, { object: variable }) => presentVariable(variable),
    async deleteVariable(_, { object: variable }) {
      await store.variableDelete({ key: variable.key })
      dagFiles.variableChanged(variable.key)
      return { message: `Variable "${variable.key}" was deleted.` }
    },
  }
}
