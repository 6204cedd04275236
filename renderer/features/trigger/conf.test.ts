import { describe, expect, it } from 'vitest'
import { beyond, confOf, parseConf, serverProblems, valuesOf } from './conf.ts'
import { fieldsOf } from './paramForm.ts'

const param = (value: unknown, schema: Record<string, unknown> = {}) => ({ value, has_default: true, description: null, schema })

describe('the conf of a trigger', () => {
  const fields = fieldsOf({ rows: param(3, { type: 'integer' }), at: param('06:30:00', { type: 'string', format: 'time' }) })
  it('goes through the fields and comes back, with what has no field beside it', () => {
    const conf = { rows: 5, at: '07:00:00', other: [1] }
    expect({ ...beyond(fields, conf), ...confOf(fields, valuesOf(fields, conf)).conf }).toEqual(conf)
    expect(beyond(fields, conf)).toEqual({ other: [1] })
  })
  it('says where JSON breaks', () => {
    expect(parseConf('{\n  "a": 1,\n  b\n}').problem).toContain('line 3')
    expect(parseConf('[1]').conf).toBeNull()
    expect(parseConf('  ').conf).toEqual({})
  })
  it('finds the field of what the server refuses', () => {
    const errors = [
      { pointer: '/conf/rows', message: 'must be <= 10' },
      { pointer: '/conf/a~1b/0', message: 'must be string' },
    ]
    expect(serverProblems({ errors })).toEqual({ rows: 'must be <= 10', 'a/b': '0 must be string' })
    expect(serverProblems(null)).toEqual({})
  })
})
