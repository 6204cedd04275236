/** Assets end to end: producers and consumers in real processes, and a controller that is killed in between. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ControllerProcess } from './harness/controllerProcess.ts'

const DAGS = 14
const LIMIT_MS = 60_000

interface Line {
  dag: string
  events?: [string, unknown, string | null, string, string, number][]
  [field: string]: unknown
}

let server: ControllerProcess
beforeAll(async () => {
  server = await ControllerProcess.create()
  for (const name of ['assetDags.py', 'datasetDags.py']) {
    const text = readFileSync(join(import.meta.dirname, 'harness', name), 'utf8').replaceAll('@LEDGER@', server.ledger)
    writeFileSync(join(server.dagsFolder, name), text)
  }
  await server.start()
  await until('all DAGs are known', async () => (await server.call((client) => client.listDags({ query: { limit: 1 } }))).total === DAGS)
}, 120_000)
beforeEach(() => rmSync(server.ledger, { force: true }))
afterAll(async () => await server[Symbol.asyncDispose]())

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + LIMIT_MS
  while (!(await holds())) {
    if (performance.now() > deadline)
      throw new Error(`waited ${LIMIT_MS} ms in vain until ${what}; ${JSON.stringify(lines())}:\n${server.log.slice(-3000)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const lines = (): Line[] =>
  (existsSync(server.ledger) ? readFileSync(server.ledger, 'utf8') : '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)
const of = (dag: string): Line[] => lines().filter((line) => line.dag === dag)

async function run(dag_id: string, run_id: string, conf: Record<string, unknown> = {}): Promise<string> {
  await server.call((client) => client.triggerDag({ params: { dag_id }, body: { run_id, conf } }))
  let state = ''
  await until(`${dag_id} ${run_id} has ended`, async () => {
    state = (await server.call((client) => client.getRun({ params: { dag_id, run_id } }))).state
    return state === 'success' || state === 'failed'
  })
  return state
}

/** Runs that assets have triggered would be there by now: all DAGs are at rest. */
async function settled(): Promise<void> {
  await until('nothing runs', async () => (await server.unfinished()).length === 0)
}

async function runsOf(dag_id: string): Promise<number> {
  return (await server.call((client) => client.listRuns({ params: { dag_id }, query: { limit: 1 } }))).total
}

describe('one update after the other', () => {
  test('a DAG of one asset or the other runs, that of both waits; a plain bash task updates too', { timeout: 120_000 }, async () => {
    expect(await run('make_a', 'a1', { n: 1 })).toBe('success')
    await settled()
    expect(of('of_either')).toEqual([
      { dag: 'of_either', run_type: 'asset_triggered', logical_date: null, events: [['a', { n: 1 }, null, 'make_a', 'a1', -1]] },
    ])
    expect(of('of_both')).toEqual([])
    // A file of Airflow 2: its run has a date and an interval, and events are found by URI.
    expect(of('old')).toEqual([{ dag: 'old', text: 'a1 s3://bucket/a', has_date: true, ordered: 'True' }])
    expect(await run('make_a', 'a2', { n: 2 })).toBe('success')
    expect(await run('make_b', 'b1')).toBe('success')
    await settled()
    expect(of('of_both').map(({ events }) => events)).toEqual([
      [
        ['a', { n: 1 }, null, 'make_a', 'a1', -1],
        ['a', { n: 2 }, null, 'make_a', 'a2', -1],
        ['b', {}, null, 'make_b', 'b1', -1],
      ],
    ])
    expect(of('of_either').map(({ events }) => events?.map(([name]) => name))).toEqual([['a'], ['a'], ['b']])
    // What was taken by a run does not count again.
    expect(await run('make_b', 'b2')).toBe('success')
    await settled()
    expect(of('of_both')).toHaveLength(1)
    const { data } = await server.client.listTaskInstances({ params: { dag_id: 'make_b', run_id: 'b1' }, query: {} })
    expect(data).toMatchObject([{ operator: 'BashOperator', state: 'success' }])
  })

  test('a task that fails updates nothing', { timeout: 60_000 }, async () => {
    expect(await run('make_a', 'failing', { fail: true })).toBe('failed')
    await settled()
    expect(lines()).toEqual([])
  })

  test('assets through an alias start those that wait for the alias and those that wait for the asset', { timeout: 60_000 }, async () => {
    expect(await run('make_late', 'l1')).toBe('success')
    await settled()
    const extras = (dag: string): unknown[] =>
      of(dag).flatMap(({ events }) => events?.map(([name, extra, alias, , , index]) => [name, extra, alias, index]) ?? [])
    const both = [
      ['c', { n: 1 }, 'late', 0],
      ['c', { n: 2 }, 'late', 1],
    ]
    expect(extras('of_alias').toSorted()).toEqual(both)
    expect(extras('of_c').toSorted()).toEqual(both)
  })

  test('an empty task updates its outlets; a DAG may wait for a name alone', { timeout: 60_000 }, async () => {
    expect(await run('make_d', 'd1')).toBe('success')
    await settled()
    expect(of('of_d').map(({ events }) => events)).toEqual([[['d', {}, null, 'make_d', 'd1', -1]]])
  })

  test('a task reads the events of its inlets, with the runs they came from', { timeout: 60_000 }, async () => {
    expect(await run('reads', 'r1')).toBe('success')
    const [line] = of('reads')
    expect(line).toMatchObject({ extras: [1, 2], latest: [2, 'a2', 'success', 'make'] })
    expect((line?.['alias'] as number[]).toSorted()).toEqual([1, 2])
  })

  test('functions under @asset follow each other', { timeout: 60_000 }, async () => {
    expect(await run('raw', 'raw1')).toBe('success')
    await settled()
    expect(of('clean')).toEqual([{ dag: 'clean', rows: [3], seen: [3], uri: 's3://bucket/raw' }])
  })
})

test('events that come while a DAG is paused are not kept for it', { timeout: 60_000 }, async () => {
  expect(await runsOf('paused')).toBe(0)
  await server.client.unpauseDag({ params: { dag_id: 'paused' } })
  await settled()
  expect(await runsOf('paused')).toBe(0)
  expect(await run('make_a', 'a3', { n: 3 })).toBe('success')
  await settled()
  expect(of('paused').map(({ events }) => events)).toEqual([[['a', { n: 3 }, null, 'make_a', 'a3', -1]]])
})

test('an update that a killed controller had noted counts once for the run that needs another', { timeout: 120_000 }, async () => {
  const before = await runsOf('of_both')
  expect(await run('make_b', 'b3')).toBe('success')
  await server.kill()
  await server.start()
  expect(await runsOf('of_both')).toBe(before)
  expect(await run('make_a', 'a4', { n: 4 })).toBe('success')
  await settled()
  expect(await runsOf('of_both')).toBe(before + 1)
  expect(of('of_both').map(({ events }) => events)).toEqual([
    [
      ['b', {}, null, 'make_b', 'b3', -1],
      ['a', { n: 4 }, null, 'make_a', 'a4', -1],
    ],
  ])
})
