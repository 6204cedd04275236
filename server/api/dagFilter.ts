/** The contract's filter of DAGs as the store's. */
import type { DagListFilter } from '#contract/dagList.ts'
import type { DagFilter } from '#db/filters.ts'

/** `favourite: false` asks for nothing: a list without one's favourites helps nobody. */
export function dagFilterOf(filter: DagListFilter, username: string): DagFilter {
  const { search, tag, owner, paused, last_run_state, import_errors, favourite, include_stale = false } = filter
  return {
    include_stale,
    ...(search === undefined ? {} : { search }),
    ...(tag === undefined ? {} : { tags: [tag].flat() }),
    ...(owner === undefined ? {} : { owner }),
    ...(paused === undefined ? {} : { paused }),
    ...(last_run_state === undefined ? {} : { last_run_state }),
    ...(import_errors === undefined ? {} : { import_errors }),
    ...(favourite === true ? { favourite_of: username } : {}),
  }
}
