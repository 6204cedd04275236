/** Which DAGs of the list are chosen: some by id, or all that the filter names, loaded or not. Pure. */
export type Selection = { all: false; ids: ReadonlySet<string> } | { all: true }

export const NOTHING: Selection = { all: false, ids: new Set() }

export const isChosen = (selection: Selection, id: string): boolean => selection.all || selection.ids.has(id)

/** To leave one out of "all" means to choose those that are shown, without it. */
export function withChosen(selection: Selection, id: string, chosen: boolean, shown: readonly string[]): Selection {
  const ids = new Set(selection.all ? shown : selection.ids)
  if (chosen) ids.add(id)
  else ids.delete(id)
  return { all: false, ids }
}

export function countOf(selection: Selection, total: number): number {
  return selection.all ? total : selection.ids.size
}
