import { describe, expect, it } from 'vitest'
import { VortexError } from '#contract/errors.ts'
import type { DagVersionRecord } from '#db/records.ts'
import { makeDagSpec } from '#testkit/makeDagSpec.ts'
import { createParamsCheck } from './params.ts'

type Params = DagVersionRecord['spec']['params']
let id = 0
const version = (params: Params): DagVersionRecord => ({
  id: (id += 1),
  dag_id: 'etl',
  version: 1,
  hash: '',
  spec: makeDagSpec('etl', { params }),
  bundle_hash: '',
  file: 'etl.py',
  created_at: 0,
})
const param = (schema: Record<string, unknown>, value: unknown = null, has_default = value !== null): Params[string] => ({
  value,
  has_default,
  description: null,
  schema,
})

async function problemsOf(params: Params, conf: Record<string, unknown>): Promise<{ pointer: string; message: string }[]> {
  try {
    await createParamsCheck()(version(params), conf)
    return []
  } catch (error) {
    if (!(error instanceof VortexError)) throw error
    expect(error.code).toBe('invalid_params')
    return (error.details as { errors: { pointer: string; message: string }[] } | null)?.errors ?? [{ pointer: '', message: error.message }]
  }
}

describe('the check of a conf', () => {
  it('takes values that fit, defaults for the others, and keys that are no params', async () => {
    expect(
      await problemsOf(
        { n: param({ type: 'integer', minimum: 1 }, 3), day: param({ type: 'string', format: 'date' }, '2026-01-01') },
        { n: 5, anything: { goes: true } },
      ),
    ).toEqual([])
  })
  it('points at each value that does not fit, without converting it', async () => {
    expect(
      await problemsOf(
        { 'a/b': param({ type: 'object', properties: { n: { type: 'integer' } } }), color: param({ enum: ['red', 'blue'] }) },
        { 'a/b': { n: '5' }, color: 'green' },
      ),
    ).toEqual([
      { pointer: '/conf/a~1b/n', message: 'must be integer' },
      { pointer: '/conf/color', message: 'must be one of "red", "blue"' },
    ])
  })
  it('asks for params without a default', async () => {
    expect(await problemsOf({ n: param({ type: 'integer' }) }, {})).toEqual([{ pointer: '/conf/n', message: 'is required' }])
  })
  it('checks the default too, as Airflow does', async () => {
    expect(await problemsOf({ n: param({ type: 'integer' }, 'five') }, {})).toEqual([{ pointer: '/conf/n', message: 'must be integer' }])
  })
  it('checks patterns, and gives up on one that runs away', async () => {
    expect(await problemsOf({ name: param({ type: 'string', pattern: '^[a-z]+$' }) }, { name: 'abc' })).toEqual([])
    expect(await problemsOf({ name: param({ type: 'string', pattern: '^[a-z]+$' }) }, { name: 'ABC' })).toEqual([
      { pointer: '/conf/name', message: 'must match pattern "^[a-z]+$"' },
    ])
    const start = performance.now()
    expect(await problemsOf({ name: param({ type: 'string', pattern: '^(a+)+$' }) }, { name: `${'a'.repeat(60)}!` })).toEqual([
      { pointer: '/conf/name', message: expect.stringContaining('longer than 50 ms') as string },
    ])
    expect(performance.now() - start).toBeLessThan(2000)
  })
  it("says so when the author's schema is wrong, or points elsewhere", async () => {
    expect((await problemsOf({ n: param({ type: 'integr' }) }, { n: 1 }))[0]?.message).toMatch(
      /JSON Schema of param "n" cannot be used.*DAG file/,
    )
    expect((await problemsOf({ n: param({ $ref: 'https://evil.example/schema.json' }) }, { n: 1 }))[0]?.message).toMatch(/cannot be used/)
  })
  it('keeps two DAGs with the same $id apart', async () => {
    const check = createParamsCheck()
    await check(version({ n: param({ $id: 'same', type: 'integer' }) }), { n: 1 })
    await check(version({ n: param({ $id: 'same', type: 'string' }) }), { n: 'x' })
  })
  it('refuses a conf that is too deep to be walked', async () => {
    let deep: Record<string, unknown> = {}
    for (let i = 0; i < 100_000; i += 1) deep = { deep }
    expect((await problemsOf({}, deep))[0]?.message).toMatch(/64 levels/)
    expect(await problemsOf({}, { a: [[[1]]] })).toEqual([])
  })
  it('leaves Object.prototype alone', async () => {
    await problemsOf(
      { n: param({ type: 'integer' }, 1) },
      JSON.parse('{"constructor":{"prototype":{"polluted":1}},"toString":1}') as Record<string, unknown>,
    )
    expect('polluted' in {}).toBe(false)
  })
})
