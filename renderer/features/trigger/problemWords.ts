/** What is wrong with one field, in the words of the form: the check of JSON Schema, here and in the server, speaks of schemas. */
import { strings } from '../../strings.ts'

const words = strings.trigger.problems
const RULES: readonly [RegExp, (found: string) => string][] = [
  [/^must be >= (\S+)$/, words.atLeast],
  [/^must be <= (\S+)$/, words.atMost],
  [/^must be > (\S+)$/, words.above],
  [/^must be < (\S+)$/, words.below],
  [/^must be integer$/, () => strings.trigger.wholeNumber],
  [/^must be number$/, () => strings.trigger.number],
  [/^must not have more than (\d+) characters?$/, words.longest],
  [/^must not have fewer than (\d+) characters?$/, words.shortest],
  [/^must match pattern "(.*)"$/, words.pattern],
  [/^must be one of (.*)$/, words.oneOf],
]

/** A message of another kind stays as it is. */
export function inWords(problem: string): string {
  for (const [rule, say] of RULES) {
    const found = rule.exec(problem)
    if (found) return say(found[1] ?? '')
  }
  return problem
}
