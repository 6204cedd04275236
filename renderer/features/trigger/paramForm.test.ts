import { describe, expect, it } from 'vitest'
import { inUtc, fieldsOf, fromField, toField, type Field } from './paramForm.ts'

const param = (value: unknown, schema: Record<string, unknown> = {}, has_default = true) => ({
  value,
  has_default,
  description: null,
  schema,
})
function field(value: unknown, schema: Record<string, unknown> = {}, has_default = true): Field {
  return fieldsOf({ p: param(value, schema, has_default) })[0]!
}

describe('trigger form', () => {
  it('chooses a field by type, format and value', () => {
    expect(field('x').kind).toBe('text')
    expect(field(3).kind).toBe('number')
    expect(field(true).kind).toBe('switch')
    expect(field({ a: 1 }).kind).toBe('json')
    expect(field(['a']).kind).toBe('list')
    expect(field([1, 2]).kind).toBe('json')
    expect(field('x', { type: 'string', format: 'date-time' }).kind).toBe('datetime')
    expect(field('06:30:00', { type: 'string', format: 'time' }).kind).toBe('time')
    expect(field('a', { type: 'string', examples: ['a', 'b'] })).toMatchObject({
      kind: 'suggest',
      options: [{ value: 'a' }, { value: 'b' }],
    })
    expect(field(null, { type: ['null', 'integer'] })).toMatchObject({ kind: 'number', isNullable: true, isInteger: true })
    expect(field('a', { enum: ['a', 'b'], values_display: { a: 'Alpha' } }).options.map(({ label }) => label)).toEqual(['Alpha', 'b'])
    expect(field(['a'], { type: 'array', examples: ['a', 'b'] }).kind).toBe('choices')
  })
  it('hides constants', () => {
    expect(fieldsOf({ p: param(1, { const: 1 }) })).toEqual([])
  })
  it('asks for a value only where the DAG needs one', () => {
    expect(field(null, { type: 'string' }, false).isRequired).toBe(true)
    expect(field(null, { type: 'string' }).isRequired).toBe(true)
    expect(field(null, { type: ['null', 'string'] }).isRequired).toBe(false)
    expect(field('x', { type: 'string' }).isRequired).toBe(false)
  })
  it('brings every default back unchanged', () => {
    const cases: [unknown, Record<string, unknown>][] = [
      ['text', {}],
      ['two\nlines', { type: 'string', format: 'multiline' }],
      [3, {}],
      [2.5, { type: 'number' }],
      [false, {}],
      [['a', 'b'], {}],
      [[1, 2], {}],
      [{ a: { b: [1] } }, {}],
      [null, { type: ['null', 'string'] }],
      [2, { enum: [1, 2] }],
      ['2', { enum: ['1', '2'] }],
    ]
    for (const [value, schema] of cases) expect(fromField(field(value, schema), toField(field(value, schema), value))).toEqual({ value })
  })
  it('names what is wrong', () => {
    expect(fromField(field(1, { type: 'integer' }), '1.5')).toEqual({ problem: 'wholeNumber' })
    expect(fromField(field({}), '{')).toEqual({ problem: 'json' })
    expect(fromField(field(null, { type: 'string' }, false), '')).toEqual({ problem: 'required' })
  })
})

describe('a field without a zone', () => {
  it('shows a date-time in UTC', () => {
    expect(inUtc('2026-03-01T09:00:00+02:00')).toBe('2026-03-01T07:00:00')
    expect(inUtc('2026-03-01T09:00:00Z')).toBe('2026-03-01T09:00:00')
    expect(inUtc('2026-03-01T09:00')).toBe('2026-03-01T09:00')
    expect(inUtc('soon+02:00')).toBe('soon')
  })
})
