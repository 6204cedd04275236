/** The state of the DAG list in the URL as the API's filter. */
import type { DagListFilter } from '#contract/dagList.ts'
import type { DagFilter } from '../../api/queryKeys.ts'
import type { DagsSearch } from '../../search.ts'

export const tagsOf = (search: Pick<DagsSearch, 'tag'>): string[] => (search.tag === undefined ? [] : [search.tag].flat())

const FILTERS: ReadonlySet<string> = new Set(['search', 'tag', 'owner', 'paused', 'state', 'fav', 'broken'] satisfies (keyof DagsSearch)[])
/** Whether a search param leaves DAGs out. */
export const isFilter = (name: string): boolean => FILTERS.has(name)

/** What the server lists, and what it acts on when all that match are chosen: one and the same. */
export function listFilterOf(search: DagsSearch): DagListFilter {
  const tags = tagsOf(search)
  return {
    ...(search.search === undefined ? {} : { search: search.search }),
    ...(tags.length === 0 ? {} : { tag: tags }),
    ...(search.owner === undefined ? {} : { owner: search.owner }),
    ...(search.paused === undefined ? {} : { paused: search.paused }),
    ...(search.state === undefined ? {} : { last_run_state: search.state }),
    ...(search.fav === true ? { favourite: true } : {}),
    ...(search.broken === true ? { import_errors: true } : {}),
  }
}

export function queryFilterOf(search: DagsSearch): DagFilter {
  return { ...listFilterOf(search), sort: search.sort, descending: search.desc }
}
