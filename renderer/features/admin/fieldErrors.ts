/** What the server said about each field of a form. Pure. */
import { VortexError } from '#contract/errors.ts'

/** Field -> message. `''` holds what belongs to no field. */
export function fieldErrors(error: Error | null, fields: readonly string[]): Record<string, string> {
  if (error === null) return {}
  if (!(error instanceof VortexError)) return { '': error.message }
  const { field, errors } = (error.details ?? {}) as { field?: unknown; errors?: unknown }
  const found: Record<string, string> = {}
  if (typeof field === 'string' && fields.includes(field)) found[field] = error.message
  for (const each of Array.isArray(errors) ? (errors as { field?: unknown; message?: unknown }[]) : []) {
    // `body.password`, `params.key`
    const name = String(each.field).split('.')[1] ?? ''
    if (fields.includes(name)) found[name] ??= String(each.message)
  }
  return Object.keys(found).length === 0 ? { '': error.message } : found
}
