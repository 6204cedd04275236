/** A changed field as the places within it that changed: `params.limit.value`, not both values of all params. Pure. */
import type { FieldChange } from '#contract/insights.ts'

const isTree = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** Places of one field that are told; what has more is told as a whole. */
const PLACES_MAX = 12

export function leafChanges(change: FieldChange): FieldChange[] {
  const found: FieldChange[] = []
  walk(change.field, change.before, change.after, found)
  return found.length === 0 || found.length > PLACES_MAX ? [change] : found
}

function walk(field: string, before: unknown, after: unknown, found: FieldChange[]): void {
  if (found.length > PLACES_MAX) return
  if (!isTree(before) || !isTree(after) || Array.isArray(before) !== Array.isArray(after)) {
    if (JSON.stringify(before) !== JSON.stringify(after)) found.push({ field, before: before ?? null, after: after ?? null } as FieldChange)
    return
  }
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)]))
    walk(Array.isArray(before) ? `${field}[${key}]` : `${field}.${key}`, before[key], after[key], found)
}
