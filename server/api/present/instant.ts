/** Milliseconds since 1970 as the contract's ISO instants, and back. */
import { VortexError } from '#contract/errors.ts'

export function iso(ms: number): string {
  return new Date(ms).toISOString()
}
export function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : iso(ms)
}
/** The schema has checked the form; a date such as 31 February passes it and is refused here. */
export function parseInstant(text: string, field: string): number {
  const ms = Date.parse(text)
  // PostgreSQL writes what lies before the year 1 in a form that no reader of ours takes: one such row would keep every engine from loading.
  if (Number.isNaN(ms) || ms < Date.parse('0001-01-01T00:00:00Z'))
    throw new VortexError('invalid_request', `${field} is not a date: ${text}. Write it as 2026-11-23T09:00:00Z.`, { field })
  return ms
}
