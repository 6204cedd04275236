import { describe, expect, it } from 'vitest'
import { confProblems, problemOf } from './paramSchema.ts'

describe('a value and its JSON Schema', () => {
  it.each<[Record<string, unknown>, unknown, string | null]>([
    [{}, 'anything', null],
    [{ type: 'integer', minimum: 3 }, 1, 'must be >= 3'],
    [{ type: 'integer' }, 1.5, 'must be integer'],
    [{ type: ['null', 'string'], maxLength: 2 }, null, null],
    [{ type: ['null', 'string'], maxLength: 2 }, 'abc', 'must not have more than 2 characters'],
    [{ type: 'string', pattern: '^a' }, 'b', 'must match pattern "^a"'],
    [{ type: 'string', pattern: '^[a-z_]+@[a-z.]+(com|org)?$' }, 'B', 'must match pattern "^[a-z_]+@[a-z.]+(com|org)?$"'],
    [{ type: 'string', pattern: '^\\d{4}-\\d{2}$' }, '2026', 'must match pattern "^\\d{4}-\\d{2}$"'],
    [{ type: 'string', format: 'date' }, '2026-13-01', 'must match format "date"'],
    [{ type: 'string', format: 'date-time' }, '2026-11-23T09:00:00+00:00', null],
    [{ enum: ['a', 1] }, 'b', 'must be one of "a", 1'],
    [{ type: 'array', items: { type: 'integer' } }, [1, 'x'], '1 must be integer'],
    [{ anyOf: [{ type: 'null' }, { type: 'integer' }] }, 'q', 'must be integer'],
    // What cannot be judged here is left to the server.
    [{ type: 'string', pattern: '(?<bad' }, 'x', null],
    // Each of these would hold the page for minutes.
    [{ type: 'string', pattern: '^(a+)+$' }, `${'a'.repeat(40)}!`, null],
    [{ type: 'string', pattern: `^${'a?'.repeat(30)}${'a'.repeat(30)}$` }, `${'a'.repeat(30)}!`, null],
    [{ type: 'array', items: { type: 'string', pattern: '^(a|a)*$' } }, [`${'a'.repeat(40)}!`], null],
    [{ not: { pattern: '^(a+)+$' } }, `${'a'.repeat(40)}!`, null],
    [{ type: 'string', pattern: '^a*a*a*b$' }, 'a'.repeat(5000), null],
    // What else the schema asks for is checked all the same.
    [{ type: 'string', pattern: '^(a+)+$', maxLength: 3 }, `${'a'.repeat(40)}!`, 'must not have more than 3 characters'],
    [{ type: 'object', properties: { pattern: { type: 'integer' } } }, { pattern: 'x' }, 'pattern must be integer'],
    [{ type: 'object', patternProperties: { '^(a+)+$': {} }, additionalProperties: false }, { [`${'a'.repeat(40)}!`]: 1 }, null],
  ])('%j, %j', (schema, value, problem) => {
    expect(problemOf(schema, value)).toBe(problem)
  })
  it('is looked for in the conf, then in the default', () => {
    const param = (value: unknown, has_default = true) => ({ value, has_default, description: null, schema: { type: 'integer' } })
    const params = { given: param(1), left: param(2), broken: param('x'), needed: param(null, false) }
    expect(confProblems(params, { given: 'x', extra: true })).toEqual({
      given: 'must be integer',
      broken: 'must be integer',
      needed: 'A value is needed.',
    })
  })
})
