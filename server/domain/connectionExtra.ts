/** The extra of a connection: JSON whose sensitive values go in and never come out. */
import { isSensitiveName } from './sensitiveNames.ts'

/** Stands for a value that is not shown. Sent back, it keeps the value. */
export const NOT_SHOWN = '***'

/** The extra with the values of sensitive names replaced; at any depth, as the name may stand above a list or an object. */
export function shownExtra(extra: string): string {
  const parsed = parsedExtra(extra)
  // What is no object has no names to go by.
  return parsed === null ? NOT_SHOWN : JSON.stringify(walk(parsed, false, (value) => (value === null ? null : NOT_SHOWN)))
}

/** What to store when `given` comes back from somebody who saw `shownExtra(stored)`. Null = a value is asked for that there is none of. */
export function keptExtra(given: string, stored: string | null): string | null {
  const parsed = parsedExtra(given)
  if (parsed === null) return given
  const before = stored === null ? null : parsedExtra(stored)
  let isMissing = false
  const merged = walk(parsed, false, (value, path) => {
    if (value !== NOT_SHOWN) return value
    const known = path.reduce<unknown>((at, name) => (isContainer(at) ? (at as Record<string, unknown>)[name] : undefined), before)
    if (known === undefined) isMissing = true
    return known
  })
  if (isMissing) return null
  // As it was written, if nothing was filled in.
  return JSON.stringify(merged) === JSON.stringify(parsed) ? given : JSON.stringify(merged)
}

/** Every text that a log must not hold. */
export function secretTexts(p: { password: string | null; extra: string | null }): string[] {
  const found = p.password === null || p.password === '' ? [] : [p.password]
  const parsed = p.extra === null ? null : parsedExtra(p.extra)
  if (parsed !== null)
    walk(parsed, false, (value) => {
      if (typeof value === 'string' && value !== '') found.push(value)
      return value
    })
  return [...new Set(found)]
}

/** True for the JSON text of an object. */
export function isExtra(text: string): boolean {
  return parsedExtra(text) !== null
}

function parsedExtra(text: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(text)
    return isContainer(parsed) && !Array.isArray(parsed) ? (parsed as Record<string, unknown>) : null
  } catch {
    return null
  }
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** A copy in which `change` has replaced each plain value below a sensitive name. */
function walk(
  value: unknown,
  isHidden: boolean,
  change: (value: unknown, path: readonly string[]) => unknown,
  path: readonly string[] = [],
): unknown {
  if (Array.isArray(value)) return value.map((item, index) => walk(item, isHidden, change, [...path, String(index)]))
  if (isContainer(value))
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, walk(item, isHidden || isSensitiveName(name), change, [...path, name])]),
    )
  return isHidden ? change(value, path) : value
}
