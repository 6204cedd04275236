import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { DagRunRecord } from '#db/records.ts'
import { VortexError } from '#contract/errors.ts'
import { type SwarmBench, startBench } from '#worker/testing/swarmBench.ts'
import { makeRun, makeXCom } from '#testkit/makeRecords.ts'
import { answerRequest, type RequestServices } from './requests.ts'

const refuse = (): Promise<never> => Promise.reject(new VortexError('conflict', 'No question here asks for it.'))
let bench: SwarmBench
let services: RequestServices
let changed: string[]
let run: DagRunRecord
let earlier: DagRunRecord

beforeEach(async () => {
  bench = await startBench()
  changed = []
  services = {
    store: bench.store,
    now: () => 5,
    onVariableChanged: (key) => changed.push(key),
    connection: async (conn_id) =>
      conn_id === 'warehouse' ? { password: 'hunter22', extra: '{"region":"eu","api_token":"t0ken"}' } : null,
    commands: { dagTrigger: refuse, runClear: refuse },
  }
  const { run: made } = bench.attempt({})
  earlier = makeRun(11, 'dag', made.dag_version_id, { logical_date: 1000, run_after: 1000 })
  run = makeRun(12, 'dag', made.dag_version_id, { logical_date: 2000, run_after: 2000, run_id: 'now' })
  await bench.commit({
    dag_runs_insert: [earlier, run],
    xcoms_put: [
      makeXCom(12, 'a', { value: '"a"', timestamp: 3 }),
      makeXCom(12, 'mapped', { map_index: 1, value: '1', timestamp: 2 }),
      makeXCom(12, 'mapped', { map_index: 0, value: '0', timestamp: 1 }),
      makeXCom(12, 'a', { key: 'other', value: '"o"', timestamp: 4 }),
      makeXCom(11, 'old', { value: '"from before"', timestamp: 1 }),
    ],
  })
})
afterEach(() => bench.close())

const ask = (method: string, params: Record<string, unknown>): Promise<unknown> =>
  answerRequest(services, {
    method,
    request: {
      id: 7,
      ref: { task_instance_id: 1, attempt: 1, lease_token: 't' },
      context: { run, task_instance: { task_id: 'asker', map_index: -1 } },
      params,
    },
  })

describe('xcom.get', () => {
  test('answers per task, mapped ones by index', async () => {
    expect(await ask('xcom.get', { task_ids: ['a', 'mapped', 'none'], key: 'return_value' })).toEqual([
      { task_id: 'a', map_index: -1, value_json: '"a"' },
      { task_id: 'mapped', map_index: 0, value_json: '0' },
      { task_id: 'mapped', map_index: 1, value_json: '1' },
    ])
    expect(await ask('xcom.get', { task_ids: ['mapped'], key: 'return_value', map_indexes: [1] })).toEqual([
      { task_id: 'mapped', map_index: 1, value_json: '1' },
    ])
  })

  test('without tasks answers those of any task, newest last', async () => {
    expect(await ask('xcom.get', { task_ids: [], key: 'return_value' })).toMatchObject([
      { value_json: '0' },
      { value_json: '1' },
      { value_json: '"a"' },
    ])
  })

  test('looks into earlier runs only when asked to', async () => {
    expect(await ask('xcom.get', { task_ids: ['old'], key: 'return_value' })).toEqual([])
    expect(await ask('xcom.get', { task_ids: ['old'], key: 'return_value', include_prior_dates: true })).toEqual([
      { task_id: 'old', map_index: -1, value_json: '"from before"' },
    ])
  })

  test('names another run by its id', async () => {
    expect(await ask('xcom.get', { dag_id: 'dag', run_id: earlier.run_id, task_ids: ['old'], key: 'return_value' })).toHaveLength(1)
    expect(await ask('xcom.get', { dag_id: 'dag', run_id: 'no such run', task_ids: ['old'], key: 'return_value' })).toEqual([])
  })

  test('of more than one answer holds is refused before a value is read; one index of it is not', async () => {
    const values = Array.from({ length: 3 }, (_, map_index) =>
      makeXCom(12, 'large', { map_index, value: JSON.stringify('x'.repeat(9_000_000)), size: 9_000_002 }),
    )
    await bench.commit({ xcoms_put: values })
    await expect(ask('xcom.get', { task_ids: ['large'], key: 'return_value' })).rejects.toThrow(
      /3 of these XComs with 27000006 bytes together.*Name the tasks and map indexes/,
    )
    expect(await ask('xcom.get', { task_ids: ['large'], key: 'return_value', map_indexes: [2] })).toHaveLength(1)
  })

  test('answers with what ten thousand instances of a mapped task left, and more', async () => {
    await bench.commit({
      xcoms_put: Array.from({ length: 10_001 }, (_, map_index) => makeXCom(12, 'wide', { map_index, value: '1', size: 1 })),
    })
    expect(await ask('xcom.get', { task_ids: ['wide'], key: 'return_value' })).toHaveLength(10_001)
  })

  test('says which parameter is wrong', async () => {
    await expect(ask('xcom.get', { task_ids: 'a', key: 'k' })).rejects.toThrow(/task_ids must be a list/)
  })
})

describe('xcom.item', () => {
  const item = (task_id: string, index: unknown): Promise<unknown> => ask('xcom.item', { task_id, index })

  test('answers with one item of a list as it was written, counted around, and with the number of items', async () => {
    await bench.commit({ xcoms_put: [makeXCom(12, 'list', { value: '[1.0,12345678901234567890,{"k":"]"}]', timestamp: 5 })] })
    expect(await item('list', 1)).toEqual({ length: 3, value_json: '12345678901234567890' })
    expect(await item('list', 5)).toEqual({ length: 3, value_json: '{"k":"]"}' })
  })

  test('answers with what an instance of a mapped task left, by its place among those that left something', async () => {
    expect(await item('mapped', 0)).toEqual({ length: 2, value_json: '0' })
    expect(await item('mapped', 3)).toEqual({ length: 2, value_json: '1' })
  })

  test('knows a list that was written anew', async () => {
    const put = (value: string, timestamp: number) =>
      bench.commit({ xcoms_put: [makeXCom(12, 'list', { value, size: value.length, timestamp })] })
    await put('["old"]', 5)
    expect(await item('list', 0)).toEqual({ length: 1, value_json: '"old"' })
    await put('["new"]', 6)
    expect(await item('list', 0)).toEqual({ length: 1, value_json: '"new"' })
  })

  test('leaves what is no list, or empty, or not there to the asker', async () => {
    await bench.commit({ xcoms_put: [makeXCom(12, 'empty', { value: '[]' }), makeXCom(12, 'dict', { value: '{"a":[1]}' })] })
    for (const task_id of ['a', 'empty', 'dict', 'none']) expect(await item(task_id, 0)).toBeNull()
    for (const index of [-1, 0.5, '0']) await expect(item('a', index)).rejects.toThrow('index must be a whole number')
  })
})

describe('variables', () => {
  test('set, get, keep the description, delete; each change is told to the parser', async () => {
    expect(await ask('variable.get', { key: 'v' })).toBeNull()
    await ask('variable.set', { key: 'v', value: '1', description: 'why' })
    await ask('variable.set', { key: 'v', value: '2', description: null })
    expect(await ask('variable.get', { key: 'v' })).toEqual({ value: '2', is_sensitive: false })
    expect(await bench.store.variableGet({ key: 'v' })).toMatchObject({ description: 'why' })
    expect(await ask('variable.delete', { key: 'v' })).toBe(true)
    expect(await ask('variable.delete', { key: 'v' })).toBe(false)
    expect(changed).toEqual(['v', 'v', 'v'])
  })

  test('one that is too large is refused with a way out', async () => {
    await expect(ask('variable.set', { key: 'v', value: 'x'.repeat(1024 * 1024 + 1) })).rejects.toThrow(/object store/)
  })
})

test('a connection comes with the texts that its host takes out of the log', async () => {
  expect(await ask('connection.get', { conn_id: 'warehouse' })).toEqual({
    connection: { password: 'hunter22', extra: '{"region":"eu","api_token":"t0ken"}' },
    mask: ['hunter22', 't0ken'],
  })
  expect(await ask('connection.get', { conn_id: 'unknown' })).toBeNull()
})

test('a method that is not in the table is refused, also one that every object has', async () => {
  for (const method of ['secrets.list', 'constructor', '__proto__']) await expect(ask(method, {})).rejects.toThrow(/no method/)
})
