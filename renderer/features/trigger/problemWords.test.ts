import { expect, test } from 'vitest'
import { problemOf } from './paramSchema.ts'
import { inWords } from './problemWords.ts'

test.each<[Record<string, unknown>, unknown, string]>([
  [{ type: 'integer', minimum: 1 }, 0, 'At least 1 is needed.'],
  [{ type: 'integer', maximum: 1000 }, 1001, 'At most 1000 is allowed.'],
  [{ type: 'number', exclusiveMinimum: 0 }, 0, 'It must be above 0.'],
  [{ type: 'number', exclusiveMaximum: 2.5 }, 3, 'It must be below 2.5.'],
  [{ type: 'integer' }, 1.5, 'A whole number is needed.'],
  [{ type: 'number' }, 'x', 'A number is needed.'],
  [{ type: 'string', maxLength: 1 }, 'ab', 'At most 1 character is allowed.'],
  [{ type: 'string', minLength: 2 }, 'a', 'At least 2 characters are needed.'],
  [{ type: 'string', pattern: '^a' }, 'b', 'This does not match the pattern ^a.'],
  [{ enum: ['a', 1] }, 'b', 'It must be one of "a", 1.'],
])('%j, %j', (schema, value, words) => {
  expect(inWords(problemOf(schema, value) ?? '')).toBe(words)
})

test('what it does not know stays', () => {
  expect(inWords('1 must be integer')).toBe('1 must be integer')
})
