/** The rows of a grid: tasks and groups in the order of the graph, each group before its members. */
import type { GridRow } from './grid.ts'

export const isGroup = (row: GridRow): boolean => row.operator === null
const keyOf = (row: GridRow): string => (isGroup(row) ? `group ${row.id}` : `task ${row.id}`)
/** A group's key, as the key of the row that its members hang below. */
const parentKey = (row: GridRow): string => (row.parent === null ? '' : `group ${row.parent}`)

/** All rows of both lists. What only `more` has stands where it stood there: behind the sibling before it. */
export function mergeGridRows(base: readonly GridRow[], more: readonly GridRow[]): GridRow[] {
  const known = new Set(base.map(keyOf))
  if (more.every((row) => known.has(keyOf(row)))) return [...base]
  const children = new Map<string, GridRow[]>()
  const childrenOf = (key: string): GridRow[] => {
    const list = children.get(key) ?? []
    children.set(key, list)
    return list
  }
  for (const row of base) childrenOf(parentKey(row)).push(row)
  /** Of each parent: the sibling that was passed last. */
  const passed = new Map<string, string>()
  for (const row of more) {
    const parent = parentKey(row)
    const key = keyOf(row)
    if (!known.has(key)) {
      const siblings = childrenOf(parent)
      const before = passed.get(parent)
      siblings.splice(siblings.findIndex((each) => keyOf(each) === before) + 1, 0, row)
      known.add(key)
    }
    passed.set(parent, key)
  }
  const rows: GridRow[] = []
  const write = (key: string): void => {
    for (const row of children.get(key) ?? []) {
      rows.push(row)
      if (isGroup(row)) write(keyOf(row))
    }
  }
  write('')
  return rows
}
