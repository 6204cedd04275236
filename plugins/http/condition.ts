/** What a sensor waits for in the JSON of an answer. */
import { isDeepStrictEqual } from 'node:util'
import { FailTask } from 'vortex/plugin'

export interface Condition {
  path: string
  equals?: unknown
  one_of?: readonly unknown[]
  fails_on?: readonly unknown[]
}

/** The value at `data.jobs[0].state`; undefined if there is no such place. */
export function valueAt(document: unknown, path: string): unknown {
  let value = document
  for (const [part] of path.matchAll(/[^.[\]]+/g)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Record<string, unknown>)[part]
  }
  return value
}

/** Without `equals` and `one_of`: whether the value is there, and not null, false, 0 or empty. Throws FailTask for one of `fails_on`. */
export function isMet(condition: Condition, value: unknown): boolean {
  const isOneOf = (values: readonly unknown[]): boolean => values.some((one) => isDeepStrictEqual(one, value))
  if (condition.fails_on !== undefined && isOneOf(condition.fails_on))
    throw new FailTask(`${condition.path} is ${JSON.stringify(value)}, a value of fails_on.`)
  if (condition.one_of !== undefined && isOneOf(condition.one_of)) return true
  if (condition.equals !== undefined) return isDeepStrictEqual(condition.equals, value)
  return condition.one_of === undefined && Boolean(value)
}
