import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { VortexError } from '#contract/errors.ts'
import type { DagRunRecord } from '#db/records.ts'
import type { EngineCommands } from '#scheduler/ports.ts'
import { makeDagSpec, makeTaskSpec } from '#testkit/makeDagSpec.ts'
import { makeDagFile, makeRun, makeTaskInstance } from '#testkit/makeRecords.ts'
import { type SwarmBench, startBench } from '#worker/testing/swarmBench.ts'
import { XCOM_BYTES_MAX } from './limits.ts'
import { RUN_HANDLERS, type RunServices } from './runRequests.ts'
import { PassingTrouble } from './taskRequest.ts'

const DAY = Date.parse('2026-01-02T00:00:00Z')
const ACTOR = 'task:dag/now/asker'
type Params = Record<string, unknown>
type Trigger = Parameters<EngineCommands['dagTrigger']>[0]
type Clear = Parameters<EngineCommands['runClear']>[0]

let bench: SwarmBench
let run: DagRunRecord
let grouped_id: number
let triggers: Trigger[]
let clears: Clear[]
let answerTrigger: (p: Trigger) => DagRunRecord

beforeEach(() => {
  triggers = []
  clears = []
  answerTrigger = (p) => makeRun(99, p.dag_id, 1, { run_id: p.run_id ?? '', triggered_by: p.actor })
})
beforeAll(async () => {
  bench = await startBench()
  const version_id = bench.attempt({}).run.dag_version_id
  run = makeRun(12, 'dag', version_id, { logical_date: DAY, run_after: DAY, run_id: 'now' })
  const grouped = await bench.store.dagFileSave({
    record: makeDagFile('grouped.py', { dag_ids: ['grouped'] }),
    specs: [
      makeDagSpec('grouped', {
        tasks: [makeTaskSpec('in', { group_id: 'g' }), makeTaskSpec('deep', { group_id: 'g.h' }), makeTaskSpec('out')],
        task_groups: [
          { group_id: 'g.h', label: 'h', parent_id: 'g', tooltip: '', ui_color: '#fff' },
          { group_id: 'g', label: 'g', parent_id: null, tooltip: '', ui_color: '#fff' },
        ],
      }),
    ],
    bundle: { hash: 'grouped', files: [{ path: 'grouped.py', sha256: 'b'.repeat(64), size: 10 }] },
    paused_default: true,
    now: 1,
  })
  grouped_id = grouped.changed[0]?.version.id ?? 0
  await bench.commit({
    dag_runs_insert: [
      run,
      makeRun(13, 'dag', version_id, { state: 'failed', logical_date: DAY, run_type: 'scheduled', run_id: 'same_day' }),
      makeRun(14, 'dag', version_id, { state: 'success', logical_date: DAY + 1, run_id: 'later' }),
      makeRun(20, 'grouped', grouped_id, { logical_date: DAY, run_id: 'g1' }),
    ],
    task_instances_insert: [
      makeTaskInstance(50, 12, { task_id: 'asker', state: 'running', queued_time: DAY + 500 }),
      makeTaskInstance(51, 12, { task_id: 'done', state: 'success', operator: 'PythonOperator' }),
      makeTaskInstance(60, 20, { task_id: 'in', state: 'success' }),
      makeTaskInstance(61, 20, { task_id: 'deep', map_index: 0, state: 'failed' }),
      makeTaskInstance(62, 20, { task_id: 'out', state: 'skipped' }),
    ],
  })
})
afterAll(() => bench.close())

function ask(method: string, params: Params, asker: { map_index?: number; run?: DagRunRecord } = {}): Promise<unknown> {
  const services: RunServices = {
    store: bench.store,
    commands: {
      dagTrigger: async (p) => {
        triggers.push(p)
        return answerTrigger(p)
      },
      runClear: async (p) => {
        clears.push(p)
        return { dry_run: false, task_instances: [] }
      },
    },
  }
  const handler = RUN_HANDLERS[method]
  if (handler === undefined) throw new Error(`there is no ${method}`)
  return handler(services, {
    id: 7,
    ref: { task_instance_id: 50, attempt: 1, lease_token: 't' },
    context: { run: asker.run ?? run, task_instance: { task_id: 'asker', map_index: asker.map_index ?? -1 } },
    params,
  })
}

describe('run.trigger', () => {
  test('hands on what was given', async () => {
    expect(
      await ask('run.trigger', { dag_id: 'dag', run_id: 'new', conf: { a: 1 }, logical_date: '2026-01-02T00:00:00+00:00', note: 'why' }),
    ).toMatchObject({ dag_id: 'dag', run_id: 'new' })
    await ask('run.trigger', { dag_id: 'dag', run_id: 'new', without_date: true }, { map_index: 3 })
    expect(triggers).toEqual([
      { dag_id: 'dag', run_id: 'new', actor: ACTOR, conf: { a: 1 }, logical_date: DAY, note: 'why' },
      { dag_id: 'dag', run_id: 'new', actor: `${ACTOR}[3]`, conf: {}, logical_date: 'none', note: null },
    ])
  })

  test('a question without a run id gets the same one when it is repeated', async () => {
    await ask('run.trigger', { dag_id: 'dag' })
    await ask('run.trigger', { dag_id: 'dag' })
    expect(triggers[0]?.run_id).toMatch(/^triggered__[0-9a-f]{20}$/)
    expect(triggers[1]?.run_id).toBe(triggers[0]?.run_id)
  })

  test.each([
    ['this attempt', { id: 30, triggered_by: ACTOR, run_after: DAY + 600 }, true],
    ['an earlier try of the task', { id: 31, triggered_by: ACTOR, run_after: DAY + 400 }, false],
    ['a person', { id: 32, triggered_by: 'admin', run_after: DAY + 600 }, false],
  ])('a run that exists and was made by %s', async (_, change, isAnswered) => {
    const run_id = `grouped_${change.id}`
    await bench.commit({ dag_runs_insert: [makeRun(change.id, 'grouped', grouped_id, { run_id, ...change })] })
    answerTrigger = () => {
      throw new VortexError('conflict', 'The run exists.', { run_id })
    }
    const answer = ask('run.trigger', { dag_id: 'grouped', run_id })
    if (isAnswered) expect(await answer).toMatchObject({ run_id, state: 'running' })
    else await expect(answer).rejects.toMatchObject({ code: 'run_exists', message: 'The run exists.' })
  })

  test('a DAG that is being read again is no run that exists: the question is asked once more', async () => {
    answerTrigger = () => {
      throw new VortexError('conflict', 'DAG "dag" is being read again.')
    }
    await expect(ask('run.trigger', { dag_id: 'dag', run_id: 'unheard_of' })).rejects.toBeInstanceOf(PassingTrouble)
  })

  test('refuses a conf that no run may have, by its bytes', async () => {
    await expect(ask('run.trigger', { dag_id: 'dag', conf: { text: '\u00e9'.repeat(1_100_000) } })).rejects.toThrow(
      /The conf has 2200\d+ bytes/,
    )
    expect(triggers).toEqual([])
  })

  test('refuses a conf that is no object, and a date that is none', async () => {
    await expect(ask('run.trigger', { dag_id: 'dag', conf: [1] })).rejects.toThrow(/conf must be an object/)
    await expect(ask('run.trigger', { dag_id: 'dag', logical_date: 'yesterday' })).rejects.toThrow(/ISO 8601/)
  })
})

describe('run.reset', () => {
  test('clears the run once, however often the same question comes', async () => {
    const queued_time = new Date(run.queued_time).toISOString()
    expect(await ask('run.reset', { dag_id: 'dag', run_id: 'now', queued_time })).toMatchObject({ run_id: 'now' })
    expect(clears).toEqual([{ dag_id: 'dag', run_id: 'now', options: {}, actor: ACTOR }])
    // As a clear leaves an ended run.
    await bench.commit({ dag_runs_update: [{ id: 12, set: { queued_time: run.queued_time + 5 } }] })
    await ask('run.reset', { dag_id: 'dag', run_id: 'now', queued_time })
    expect(clears).toHaveLength(1)
  })

  test('says that there is no such run', async () => {
    await expect(ask('run.reset', { dag_id: 'dag', run_id: 'never' })).rejects.toThrow('DAG "dag" has no run "never".')
  })
})

describe('what became of runs', () => {
  test('the state of one, or nothing', async () => {
    expect(await ask('run.state', { dag_id: 'dag', run_id: 'now' })).toMatchObject({
      state: 'running',
      run_type: 'manual',
      logical_date: '2026-01-02T00:00:00.000Z',
      conf: {},
    })
    expect(await ask('run.state', { dag_id: 'dag', run_id: 'never' })).toBeNull()
  })

  test.each<[string, Params, string[]]>([
    ['by logical date, of any type', { dag_id: 'dag', logical_dates: ['2026-01-02T00:00:00Z'] }, ['now', 'same_day']],
    ['by id', { dag_id: 'dag', run_ids: ['later', 'never'] }, ['later']],
    ['by id and state', { dag_id: 'dag', run_ids: ['later', 'now'], state: 'success' }, ['later']],
    ['by state', { dag_id: 'dag', state: 'failed' }, ['same_day']],
    ['by type and date', { dag_id: 'dag', run_type: 'manual', logical_date_from: '2026-01-02T00:00:00Z' }, ['later', 'now']],
    ['of all DAGs', { run_type: 'scheduled', state: 'failed' }, ['same_day']],
    ['none that was named', { dag_id: 'dag', logical_dates: [] }, []],
  ])('found %s', async (_, params, expected) => {
    const found = (await ask('run.find', params)) as { run_id: string }[]
    expect(found.map(({ run_id }) => run_id).sort()).toEqual(expected)
  })

  test.each<[Params, RegExp]>([
    [{ dag_id: 'dag', state: 'happy' }, /state must be one of queued, running, success, failed/],
    [{ run_ids: ['now'] }, /need the dag_id/],
    [{ dag_id: 'dag', logical_dates: ['soon'] }, /ISO 8601/],
    [{ dag_id: 'dag', run_ids: Array.from({ length: 201 }, () => 'x') }, /at most 200 runs/],
  ])('%o is refused', async (params, words) => {
    await expect(ask('run.find', params)).rejects.toThrow(words)
  })

  test('runs whose conf is too large together are refused', async () => {
    const conf = { text: 'x'.repeat(1024 * 1024) }
    const length = Math.ceil(XCOM_BYTES_MAX / conf.text.length)
    await bench.commit({ dag_runs_insert: Array.from({ length }, (_, i) => makeRun(100 + i, 'grouped', grouped_id, { conf })) })
    await expect(ask('run.find', { dag_id: 'grouped' })).rejects.toThrow(/too large for one answer/)
  })
})

describe('run.next_interval', () => {
  test('follows the schedule of the version that the run has', async () => {
    const hour = 3_600_000
    const saved = await bench.store.dagFileSave({
      record: makeDagFile('hourly.py', { dag_ids: ['hourly'] }),
      specs: [makeDagSpec('hourly', { timetable: { type: 'cron_data_interval', cron: '0 * * * *', timezone: 'UTC' } })],
      bundle: { hash: 'hourly', files: [{ path: 'hourly.py', sha256: 'c'.repeat(64), size: 10 }] },
      paused_default: false,
      now: 1,
    })
    const version_id = saved.changed[0]?.version.id ?? 0
    const interval = { data_interval_start: DAY, data_interval_end: DAY + hour, logical_date: DAY, run_after: DAY + hour }
    const hourly = makeRun(40, 'hourly', version_id, { run_id: 'h1', run_type: 'scheduled', ...interval })
    await bench.commit({ dag_runs_insert: [hourly] })
    expect(await ask('run.next_interval', {}, { run: hourly })).toEqual({
      start: '2026-01-02T01:00:00.000Z',
      end: '2026-01-02T02:00:00.000Z',
    })
    const nextDay = '2026-01-03T00:00:00.000Z'
    expect(await ask('run.next_interval', {})).toEqual({ start: nextDay, end: nextDay })
  })
})

describe('task.states', () => {
  const states = async (params: Params): Promise<Record<string, Record<string, string>>> => {
    const found = (await ask('task.states', params)) as { run: { run_id: string }; tasks: { task_id: string; state: string }[] }[]
    return Object.fromEntries(
      found.map(({ run: of, tasks }) => [of.run_id, Object.fromEntries(tasks.map((task) => [task.task_id, task.state]))]),
    )
  }

  test('of named tasks of each run of a date', async () => {
    const found = await states({ dag_id: 'dag', logical_dates: ['2026-01-02T00:00:00Z'], task_ids: ['done', 'unknown'] })
    expect(found).toEqual({ now: { done: 'success' }, same_day: {} })
  })

  test('of a task group and the groups inside it', async () => {
    expect(await states({ dag_id: 'grouped', run_ids: ['g1'], group_id: 'g' })).toEqual({ g1: { in: 'success', deep: 'failed' } })
    expect(await states({ dag_id: 'grouped', run_ids: ['g1'], group_id: 'g.h' })).toEqual({ g1: { deep: 'failed' } })
    expect(await states({ dag_id: 'grouped', run_ids: ['g1'], group_id: 'nobody' })).toEqual({ g1: {} })
  })

  test('of all tasks', async () => {
    expect(await states({ dag_id: 'dag', run_ids: ['now'] })).toEqual({ now: { asker: 'running', done: 'success' } })
    expect(await ask('task.states', { dag_id: 'dag', run_ids: ['now'], task_ids: ['done'] })).toMatchObject([
      { tasks: [{ task_id: 'done', map_index: -1, state: 'success', operator: 'PythonOperator', start_time: null }] },
    ])
  })
})

describe('dag.state', () => {
  test('tells what is missing', async () => {
    expect(await ask('dag.state', { dag_id: 'grouped', task_ids: ['in', 'gone'], group_id: 'g.h' })).toEqual({
      dag_id: 'grouped',
      is_paused: true,
      is_stale: false,
      missing_task_ids: ['gone'],
      has_group: true,
    })
    expect(await ask('dag.state', { dag_id: 'grouped', group_id: 'in' })).toMatchObject({ has_group: false, missing_task_ids: [] })
    expect(await ask('dag.state', { dag_id: 'nobody' })).toBeNull()
  })
})
