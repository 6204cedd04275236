import { expect, test } from 'vitest'
import { isExtra, kindOf, KNOWN_TYPES } from './connectionKinds.ts'

test('a type that nobody knows has all fields under their own names', () => {
  expect(kindOf('something_else')).toMatchObject({ unused: [], labels: {} })
  expect(kindOf(' postgres ').labels.schema).toBe('Database')
})

test('the example of each type is an extra', () => {
  for (const type of KNOWN_TYPES) expect(isExtra(kindOf(type).extra), type).toBe(true)
})

test('an extra is a JSON object or nothing', () => {
  expect(['', '  ', '{}', '{"a": 1}', '[]', '1', 'null', '{'].map(isExtra)).toEqual([true, true, true, true, false, false, false, false])
})
