/** The grid of a DAG. */
import type { Handlers } from '../handlers.ts'
import { createGridReader } from '../grid.ts'
import type { ApiServices } from '../services.ts'
import { parseInstant } from '../present/instant.ts'

export function gridHandlers({ store }: ApiServices): Pick<Handlers, 'getGrid'> {
  const read = createGridReader(store)
  return {
    getGrid({ query }, { object: dag }) {
      const { limit = 25, logical_date_from: from, logical_date_to: to, ...rest } = query
      return read(dag, {
        ...rest,
        dag_id: dag.dag_id,
        limit,
        ...(from === undefined ? {} : { logical_date_from: parseInstant(from, 'logical_date_from') }),
        ...(to === undefined ? {} : { logical_date_to: parseInstant(to, 'logical_date_to') }),
      })
    },
  }
}
