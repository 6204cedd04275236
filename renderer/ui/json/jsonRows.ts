/** A JSON value as the rows of a tree, of which only unfolded ones are made. Pure. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

export interface JsonRow {
  /** Path from the root, for the key and for what is unfolded. */
  path: string
  depth: number
  /** Key or index; null at the root. */
  name: string | null
  value: Json
  /** Members of an object or array; null for anything else. */
  size: number | null
  isOpen: boolean
  /** Set on the row that stands for members which are not shown yet. */
  more: number | null
}

/** Members of one object or array that are shown at first, and with each wish for more. */
export const PAGE = 100
/** Rows in all: more would stall the page, and the download has everything. */
export const ROWS_MAX = 5_000

export interface JsonChoice {
  isOpen: (path: string, depth: number) => boolean
  /** How many members of this one are wanted. */
  shown: (path: string) => number
}

export function jsonRows(root: Json, choice: JsonChoice): JsonRow[] {
  const rows: JsonRow[] = []
  const add = (name: string | null, value: Json, path: string, depth: number): void => {
    if (rows.length >= ROWS_MAX) return
    const members = membersOf(value)
    const isOpen = members !== null && members.length > 0 && choice.isOpen(path, depth)
    rows.push({ path, depth, name, value, size: members?.length ?? null, isOpen, more: null })
    if (members === null || !isOpen) return
    const wanted = choice.shown(path)
    for (const [key, member] of members.slice(0, wanted)) add(key, member, `${path}/${key}`, depth + 1)
    if (members.length > wanted)
      rows.push({ path, depth: depth + 1, name: null, value: null, size: null, isOpen: false, more: members.length - wanted })
  }
  add(null, root, '', 0)
  return rows
}

function membersOf(value: Json): [string, Json][] | null {
  if (value === null || typeof value !== 'object') return null
  return Array.isArray(value) ? value.map((item, at) => [String(at), item]) : Object.entries(value)
}

/** A folded value in a few words, and a plain one as it is written. */
export function shortJson(value: Json, max = 300): string {
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[${value.length}]`
  if (value !== null && typeof value === 'object') {
    const size = Object.keys(value).length
    return size === 0 ? '{}' : `{${size}}`
  }
  const text = JSON.stringify(value)
  return text.length > max ? `${text.slice(0, max)} …` : text
}
