/** The rows of the grid as a tree: which are in sight when groups are folded or a name is searched. Pure. */
import type { GridRow } from '#contract/grid.ts'
import { isGroup, mergeGridRows } from '#contract/gridRows.ts'

export interface RowTree {
  rows: readonly GridRow[]
  depth: Uint8Array
  /** Members of a row are the rows after it up to here, itself excluded; a task has none. */
  end: Int32Array
  parent: Int32Array
}

/** Rows of all pages as one tree; null in `places` = a page's rows are the tree's. */
export function buildTree(lists: readonly (readonly GridRow[])[]): { tree: RowTree; places: (Int32Array | null)[] } {
  const [first = [], ...others] = lists
  let rows = first
  for (const list of others) if (list !== rows) rows = mergeGridRows(rows, list)
  const keyOf = (row: GridRow) => (isGroup(row) ? `group ${row.id}` : `task ${row.id}`)
  const index = new Map(rows.map((row, at) => [keyOf(row), at]))
  const parent = Int32Array.from(rows, (row) => (row.parent === null ? -1 : (index.get(`group ${row.parent}`) ?? -1)))
  const depth = new Uint8Array(rows.length)
  const end = Int32Array.from(rows, (_, at) => at + 1)
  for (const at of rows.keys()) depth[at] = (parent[at] ?? -1) < 0 ? 0 : (depth[parent[at] ?? 0] ?? 0) + 1
  for (let at = rows.length - 1; at >= 0; at--) {
    const above = parent[at] ?? -1
    if (above >= 0) end[above] = Math.max(end[above] ?? 0, end[at] ?? 0)
  }
  const places = lists.map((list) => {
    if (list.length === rows.length && list.every((row, at) => row === rows[at])) return null
    const at = new Map(list.map((row, place) => [keyOf(row), place]))
    return Int32Array.from(rows, (row) => at.get(keyOf(row)) ?? -1)
  })
  return { tree: { rows, depth, end, parent }, places }
}

/** Unfolded groups as they stand in the URL: joined by commas, `*` = all. */
export type Unfolded = 'all' | ReadonlySet<string>
export const parseUnfolded = (open: string | undefined): Unfolded =>
  open === '*' ? 'all' : new Set(open === undefined ? [] : open.split(','))

/** A grid of so few rows is shown whole at first. */
const SMALL = 25
export const NO_GROUP = '-'
export const openAtFirst = (tree: RowTree, open: string | undefined): string => open ?? (tree.rows.length <= SMALL ? '*' : NO_GROUP)

export function toggleFold(tree: RowTree, unfolded: Unfolded, groupId: string): string | undefined {
  const all = tree.rows.filter(isGroup).map(({ id }) => id)
  const next = new Set(unfolded === 'all' ? all : unfolded)
  if (!next.delete(groupId)) next.add(groupId)
  next.delete(NO_GROUP)
  if (next.size === 0) return NO_GROUP
  return all.every((id) => next.has(id)) ? '*' : [...next].sort().join(',')
}

/** Rows in sight, as places in the tree. While a name is searched: what fits it, with the groups around it. */
export function visibleRows(tree: RowTree, unfolded: Unfolded, find: string | undefined): Int32Array {
  if (find !== undefined) return foundRows(tree, find.toLowerCase())
  const visible: number[] = []
  for (let at = 0; at < tree.rows.length;) {
    const row = tree.rows[at]
    if (row === undefined) break
    visible.push(at)
    const isFolded = isGroup(row) && unfolded !== 'all' && !unfolded.has(row.id)
    at = isFolded ? (tree.end[at] ?? at + 1) : at + 1
  }
  return Int32Array.from(visible)
}

function foundRows(tree: RowTree, wanted: string): Int32Array {
  const isShown = new Uint8Array(tree.rows.length)
  for (let at = tree.rows.length - 1; at >= 0; at--) {
    const row = tree.rows[at]
    if (row === undefined) continue
    if (isShown[at] === 0 && (row.label.toLowerCase().includes(wanted) || row.id.toLowerCase().includes(wanted))) {
      isShown[at] = 1
      // A group that fits shows its members.
      if (isGroup(row)) isShown.fill(1, at, tree.end[at])
    }
    const above = tree.parent[at] ?? -1
    if (isShown[at] === 1 && above >= 0) isShown[above] = 1
  }
  return Int32Array.from([...isShown.keys()].filter((at) => isShown[at] === 1))
}

/** Tasks of a row: itself, or all tasks below a group. */
export function tasksOf(tree: RowTree, at: number): number[] {
  const tasks: number[] = []
  for (let row = at; row < (tree.end[at] ?? at + 1); row++) {
    const each = tree.rows[row]
    if (each !== undefined && !isGroup(each)) tasks.push(row)
  }
  return tasks
}
