/**
 * Patterns are written by authors of DAGs, and `^(a+)+$` takes minutes to refuse thirty letters: the page would stand still at each key.
 * So it runs a pattern only if the ways in which it can be tried are few; the server, which gives each one a limit of time, checks them all.
 * Pure.
 */

/** Of longer values no pattern is checked in the page. */
const VALUE_CHARS_MAX = 200
/** Ways to try a pattern: some tenths of a second at worst. */
const WAYS_MAX = 1e7

type Schema = Record<string, unknown>
const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The schema without the patterns that are not run here. What is left out may only let more pass. */
export function quickSchema(schema: Schema, value: unknown): Schema {
  const isShort = (JSON.stringify(value)?.length ?? 0) <= VALUE_CHARS_MAX
  return weaker(schema, (pattern) => isShort && ways(pattern) <= WAYS_MAX)
}

function weaker(schema: Schema, isQuick: (pattern: string) => boolean): Schema {
  const part = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(part)
    return isSchema(value) ? weaker(value, isQuick) : value
  }
  const entries = Object.entries(schema).flatMap(([keyword, value]): [string, unknown][] => {
    switch (keyword) {
      case 'pattern':
        return typeof value === 'string' && isQuick(value) ? [[keyword, value]] : []
      case 'properties':
        return [[keyword, isSchema(value) ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, part(each)])) : value]]
      case 'allOf':
      case 'anyOf':
      case 'items':
      case 'prefixItems':
        return [[keyword, part(value)]]
      // Names are matched by patterns, too; without them it is not known which properties are additional.
      case 'patternProperties':
        return []
      case 'additionalProperties':
      case 'unevaluatedProperties':
        return 'patternProperties' in schema ? [] : [[keyword, part(value)]]
      // Values of the author, in which a `pattern` is no keyword.
      case 'const':
      case 'default':
      case 'enum':
      case 'examples':
        return [[keyword, value]]
      default:
        // Under `not`, `oneOf` or `if` a weaker schema would refuse more; what lies behind a `$ref` is not followed.
        return hasSlow(value, isQuick) ? [] : [[keyword, value]]
    }
  })
  return Object.fromEntries(entries)
}

/** Whether a pattern that is not run may be anywhere in it. */
function hasSlow(value: unknown, isQuick: (pattern: string) => boolean): boolean {
  if (Array.isArray(value)) return value.some((each) => hasSlow(each, isQuick))
  if (!isSchema(value)) return false
  return Object.entries(value).some(
    ([keyword, each]) =>
      keyword === 'patternProperties' || (keyword === 'pattern' && typeof each === 'string' && !isQuick(each)) || hasSlow(each, isQuick),
  )
}

/** At most so many ways to try a pattern on a value of VALUE_CHARS_MAX; Infinity where a group repeats. */
function ways(pattern: string): number {
  let count = pattern.startsWith('^') ? 1 : VALUE_CHARS_MAX
  // Characters that stand for themselves or for one of a set, so that what is left is structure.
  const structure = pattern.replaceAll(/\\[^1-9k]|\[(?:\\.|[^\]\\])*\]/g, 'x')
  if (/\\|\)[*+{]/.test(structure)) return Infinity
  // `(?` begins a group, and `?` after another quantifier makes that lazy.
  for (const [quantifier] of structure.replaceAll('(?', '(').matchAll(/[*+]\??|\{\d+(?:,\d*)?\}\??|[?|]/g)) count *= waysOf(quantifier)
  return count
}

function waysOf(quantifier: string): number {
  const bounds = /^\{(\d+)(,?)(\d*)\}/.exec(quantifier)
  if (bounds === null) return /^[*+]/.test(quantifier) ? VALUE_CHARS_MAX : 2
  const [, least, comma, most] = bounds
  if (comma === '') return 1
  return most === '' ? VALUE_CHARS_MAX : Math.min(VALUE_CHARS_MAX, Number(most) - Number(least) + 1)
}
