import { describe, expect, it } from 'vitest'
import { EngineHarness } from './testing/engineHarness.ts'
import { spec, task } from './simulation/workload.ts'
import { SIM_START } from './simulation/simClock.ts'

const diamond = () =>
  spec({
    dag_id: 'd',
    tasks: ['a', 'b', 'c', 'z'].map((task_id) => task({ task_id })),
    edges: [
      ['a', 'b', null],
      ['a', 'c', null],
      ['b', 'z', null],
      ['c', 'z', null],
    ],
  })

async function started(...args: ConstructorParameters<typeof EngineHarness>): Promise<EngineHarness> {
  const harness = new EngineHarness(...args)
  await harness.start()
  return harness
}

describe('a run', () => {
  it('runs tasks in the order of the graph and succeeds', async () => {
    const h = await started([diamond()])
    const run = await h.trigger('d')
    expect((await h.endAll()).join('')).toMatch(/^a(bc|cb)z$/)
    expect(h.runState(run)).toBe('success')
    expect(h.db.runs.get(1)?.task_counts).toEqual({ success: 4 })
  })
  it('fails when a leaf fails, and marks what can not run', async () => {
    const h = await started([diamond()])
    const run = await h.trigger('d')
    await h.endAll((id) => (id === 'b' ? 'failed' : 'success'))
    expect(h.states(run)).toEqual({ a: 'success', b: 'failed', c: 'success', z: 'upstream_failed' })
    expect(h.runState(run)).toBe('failed')
  })
  it('succeeds when the leaf recovers from a failure by its trigger rule', async () => {
    const dag = diamond()
    dag.tasks[3] = task({ task_id: 'z', trigger_rule: 'all_done' })
    const h = await started([dag])
    const run = await h.trigger('d')
    await h.endAll((id) => (id === 'b' ? 'failed' : 'success'))
    expect(h.runState(run)).toBe('success')
  })
  it('skips what a branch did not choose, and what depends on it', async () => {
    const dag = spec({
      dag_id: 'd',
      tasks: ['branch', 'left', 'right', 'after'].map((task_id) => task({ task_id })),
      edges: [
        ['branch', 'left', null],
        ['branch', 'right', null],
        ['right', 'after', null],
      ],
    })
    const h = await started([dag])
    const run = await h.trigger('d')
    await h.end(h.takeAssigned()[0]!, 'success', { skip_task_ids: ['right'] })
    await h.endAll()
    expect(h.states(run)).toEqual({ branch: 'success', left: 'success', right: 'skipped', after: 'skipped' })
  })
  it('retries after the delay, then fails for good', async () => {
    const h = await started([spec({ dag_id: 'd', tasks: [task({ task_id: 'a', retries: 1, retry_delay_ms: 5000 })] })])
    const run = await h.trigger('d')
    await h.endAll(() => 'failed')
    expect(h.states(run)).toEqual({ a: 'up_for_retry' })
    await h.pass(4000)
    expect(h.assigned).toEqual([])
    await h.pass(2000)
    expect(h.assigned.map(({ ref }) => ref.attempt)).toEqual([2])
    await h.endAll(() => 'failed')
    expect(h.runState(run)).toBe('failed')
  })
  it('does not retry a failure that is final', async () => {
    const h = await started([spec({ dag_id: 'd', tasks: [task({ task_id: 'a', retries: 3 })] })])
    const run = await h.trigger('d')
    await h.endAll(() => 'failed_final')
    expect(h.runState(run)).toBe('failed')
  })
  it('ends at dagrun_timeout: running tasks are killed, the rest is skipped', async () => {
    const dag = diamond()
    dag.dagrun_timeout_ms = 10_000
    const h = await started([dag])
    const run = await h.trigger('d')
    await h.pass(11_000)
    expect(h.runState(run)).toBe('failed')
    expect(h.killed).toHaveLength(1)
    expect(h.states(run)).toEqual({ a: 'skipped', b: 'skipped', c: 'skipped', z: 'skipped' })
  })
  it('finishes empty operators without a worker', async () => {
    const h = await started([
      spec({
        dag_id: 'd',
        tasks: [task({ task_id: 'a', kind: 'empty' }), task({ task_id: 'b', kind: 'empty' })],
        edges: [['a', 'b', null]],
      }),
    ])
    const run = await h.trigger('d')
    expect(h.runState(run)).toBe('success')
    expect(h.assigned).toEqual([])
  })
  it('ends at once when the DAG has no tasks', async () => {
    const h = await started([spec({ dag_id: 'd' })])
    expect(h.runState(await h.trigger('d'))).toBe('success')
  })
})

describe('limits', () => {
  const wide = (change: Parameters<typeof task>[0] = { task_id: '' }, count = 10) =>
    spec({ dag_id: 'd', tasks: Array.from({ length: count }, (_, i) => task({ ...change, task_id: `t${i}` })) })

  it('hold a pool to its slots, by weight of slots', async () => {
    const h = await started([wide({ task_id: '', pool_slots: 2, pool: 'p' })], {
      pools: [{ name: 'p', slots: 5, description: '', include_deferred: false }],
    })
    await h.trigger('d')
    expect(h.assigned).toHaveLength(2)
    expect(await h.endAll()).toHaveLength(10)
  })
  it('let a smaller task pass a bigger one that does not fit', async () => {
    const dag = spec({
      dag_id: 'd',
      tasks: [task({ task_id: 'big', pool: 'p', pool_slots: 3, priority_weight: 9 }), task({ task_id: 'small', pool: 'p', pool_slots: 1 })],
    })
    const h = await started([dag], { pools: [{ name: 'p', slots: 2, description: '', include_deferred: false }] })
    const run = await h.trigger('d')
    expect(h.assigned.map(({ task_instance }) => task_instance.task_id)).toEqual(['small'])
    const why = h.queries.why({ dag_id: 'd', run_id: run, task_id: 'big', map_index: -1 })
    expect(why?.reasons.map(({ code }) => code)).toEqual(['pool_too_small'])
  })
  it('hold max_active_tasks per run for 3.x and per DAG for 2.x', async () => {
    for (const [dialect, expected] of [
      ['3', 4],
      ['2', 2],
    ] as const) {
      const h = await started([{ ...wide(), dialect, max_active_tasks: 2 }])
      await h.trigger('d')
      await h.trigger('d')
      expect(h.assigned, dialect).toHaveLength(expected)
      expect(await h.endAll()).toHaveLength(20)
    }
  })
  it('hold max_active_tis_per_dag over runs and max_active_tis_per_dagrun within one', async () => {
    const h = await started([
      spec({
        dag_id: 'd',
        tasks: [task({ task_id: 'one', max_active_tis_per_dag: 1 }), task({ task_id: 'per', max_active_tis_per_dagrun: 1 })],
      }),
    ])
    await h.trigger('d')
    await h.trigger('d')
    expect(h.assigned.map(({ task_instance }) => task_instance.task_id).sort()).toEqual(['one', 'per', 'per'])
    await h.endAll()
  })
  it('hold max_active_runs and start the oldest run next', async () => {
    const h = await started([{ ...wide({ task_id: '' }, 1), max_active_runs: 1 }])
    const [first, second] = [await h.trigger('d'), await h.trigger('d')]
    expect([h.runState(first), h.runState(second)]).toEqual(['running', 'queued'])
    await h.end(h.takeAssigned()[0]!, 'success')
    expect([h.runState(first), h.runState(second)]).toEqual(['success', 'running'])
  })
  it('hold parallelism over everything', async () => {
    const h = await started([wide()], { parallelism: 3 })
    await h.trigger('d')
    expect(h.assigned).toHaveLength(3)
    expect(await h.endAll()).toHaveLength(10)
  })
  it('give higher priority weights first', async () => {
    const dag = spec({
      dag_id: 'd',
      tasks: [1, 5, 3].map((priority_weight, i) => task({ task_id: `t${i}`, priority_weight, weight_rule: 'absolute' })),
    })
    const h = await started([dag], { parallelism: 1 })
    await h.trigger('d')
    expect(await h.endAll()).toEqual(['t1', 't2', 't0'])
  })
})

describe('commands', () => {
  it('refuse a second run with the same id, logical date, or a name of the scheduler', async () => {
    const h = await started([diamond()])
    await h.trigger('d', { run_id: 'r', logical_date: SIM_START })
    await expect(
      h.answer(h.commands.dagTrigger({ dag_id: 'd', conf: {}, logical_date: null, run_id: 'r', note: null, actor: 'x' })),
    ).rejects.toMatchObject({ code: 'conflict' })
    await expect(
      h.answer(h.commands.dagTrigger({ dag_id: 'd', conf: {}, logical_date: SIM_START, run_id: null, note: null, actor: 'x' })),
    ).rejects.toMatchObject({ code: 'conflict' })
    await expect(
      h.answer(h.commands.dagTrigger({ dag_id: 'd', conf: {}, logical_date: null, run_id: 'scheduled__x', note: null, actor: 'x' })),
    ).rejects.toMatchObject({ code: 'invalid_request' })
    await expect(
      h.answer(h.commands.dagTrigger({ dag_id: 'none', conf: {}, logical_date: null, run_id: null, note: null, actor: 'x' })),
    ).rejects.toMatchObject({ code: 'not_found' })
  })
  it('cancel a run: live attempts are killed, nothing else starts', async () => {
    const h = await started([diamond()])
    const run = await h.trigger('d')
    await h.answer(h.commands.runCancel({ dag_id: 'd', run_id: run, actor: 'x' }))
    expect(h.runState(run)).toBe('failed')
    expect(h.killed).toHaveLength(1)
    expect(h.states(run)).toEqual({ a: 'failed', b: 'skipped', c: 'skipped', z: 'skipped' })
  })
  it('clear a finished run with everything downstream, with new tries', async () => {
    const h = await started([diamond()])
    const run = await h.trigger('d')
    await h.endAll((id) => (id === 'b' ? 'failed' : 'success'))
    const affected = await h.answer(
      h.commands.runClear({ dag_id: 'd', run_id: run, options: { only_failed: true, include_downstream: true }, actor: 'x' }),
    )
    expect(affected.task_instances.map(({ task_id }) => task_id).sort()).toEqual(['b', 'z'])
    expect(await h.endAll()).toEqual(['b', 'z'])
    expect(h.runState(run)).toBe('success')
  })
  it('list what a clear would do and change nothing in a dry run', async () => {
    const h = await started([diamond()])
    const run = await h.trigger('d')
    await h.endAll()
    const before = h.db.commits
    const affected = await h.answer(
      h.commands.runClear({ dag_id: 'd', run_id: run, options: { task_ids: ['b'], include_downstream: true, dry_run: true }, actor: 'x' }),
    )
    expect(affected.task_instances.map(({ task_id }) => task_id)).toEqual(['b', 'z'])
    expect(h.db.commits).toBe(before)
  })
  it('restart a running task only after its old process is gone', async () => {
    const h = await started([diamond()])
    const run = await h.trigger('d')
    const [first] = h.takeAssigned()
    await h.answer(h.commands.runClear({ dag_id: 'd', run_id: run, options: { task_ids: ['a'] }, actor: 'x' }))
    expect(h.states(run)['a']).toBe('restarting')
    expect(h.assigned).toEqual([])
    await h.end(first!, 'killed')
    expect(h.assigned.map(({ ref }) => ref.attempt)).toEqual([2])
    await h.endAll()
    expect(h.runState(run)).toBe('success')
  })
  it('drop a stale report of a lost worker', async () => {
    const h = await started([diamond()])
    const run = await h.trigger('d')
    const [first] = h.takeAssigned()
    await h.answer(
      h.inbox.workerReports({
        worker_id: 'w',
        reports: [
          {
            type: 'ended',
            ref: { ...first!.ref, lease_token: 'forged' },
            at: 0,
            outcome: 'success',
            exit_code: 0,
            signal: '',
            reason: '',
            reason_code: '',
            xcoms: [],
            skip_task_ids: [],
            reschedule_at: null,
            deferral_json: null,
            max_rss_bytes: null,
            log_truncated: false,
          },
        ],
      }),
    )
    expect(h.states(run)['a']).toBe('queued')
  })
  it('mark a task and let the run go on', async () => {
    const h = await started([diamond()])
    const run = await h.trigger('d')
    await h.endAll((id) => (id === 'b' ? 'failed' : 'success'))
    await h.answer(h.commands.taskInstanceMark({ dag_id: 'd', run_id: run, task_id: 'b', map_index: -1, state: 'success', actor: 'x' }))
    await h.answer(h.commands.taskInstanceMark({ dag_id: 'd', run_id: run, task_id: 'z', map_index: -1, state: 'success', actor: 'x' }))
    expect(h.runState(run)).toBe('success')
  })
})

describe('schedules', () => {
  const minutely = (change: Partial<ReturnType<typeof spec>> = {}) =>
    spec({
      dag_id: 'd',
      tasks: [task({ task_id: 'a' })],
      schedule: '* * * * *',
      timetable: { type: 'cron_data_interval', cron: '* * * * *', timezone: 'UTC' },
      start_date: '2025-12-31T23:50:00.000Z',
      ...change,
    })

  it('make up for every missed interval with catchup, in order, within max_active_runs', async () => {
    const h = await started([minutely({ catchup: true, max_active_runs: 2 })])
    expect([...h.db.runs.values()].map(({ logical_date }) => new Date(logical_date!).toISOString().slice(11, 16))).toEqual([
      '23:50',
      '23:51',
    ])
    for (let i = 0; i < 12; i++) await h.endAll()
    expect([...h.db.runs.values()].length).toBe(10)
  })
  it('start only the newest missed interval without catchup, and none of years back', async () => {
    for (const catchup of [false, null]) {
      const h = await started([minutely({ catchup, start_date: '2016-01-01T00:00:00.000Z' })])
      expect([...h.db.runs.values()].map(({ run_id }) => run_id)).toEqual(['scheduled__2026-01-01T00:00:00+00:00'])
    }
  })
  it('create a run when it is due, not before', async () => {
    const h = await started([minutely({ catchup: false })])
    await h.endAll()
    await h.pass(59_000 - (h.time.now % 60_000))
    expect(h.db.runs.size).toBe(1)
    await h.pass(1500)
    expect(h.db.runs.size).toBe(2)
  })
  it('hold scheduled runs of a paused DAG, but not those that a person started', async () => {
    const h = await started([minutely({ catchup: false })])
    await h.endAll()
    await h.answer(h.commands.dagSetPaused({ dag_id: 'd', paused: true, actor: 'x' }))
    await h.pass(180_000)
    expect(h.db.runs.size).toBe(1)
    const run = await h.trigger('d')
    await h.endAll()
    expect(h.runState(run)).toBe('success')
    await h.answer(h.commands.dagSetPaused({ dag_id: 'd', paused: false, actor: 'x' }))
    expect(h.db.runs.size).toBe(3)
  })
  it('let depends_on_past wait for the run before', async () => {
    const h = await started([minutely({ catchup: true, max_active_runs: 3, tasks: [task({ task_id: 'a', depends_on_past: true })] })])
    expect(h.assigned).toHaveLength(1)
    await h.end(h.takeAssigned()[0]!, 'success')
    expect(h.assigned).toHaveLength(1)
    await h.end(h.takeAssigned()[0]!, 'failed_final')
    expect(h.assigned).toHaveLength(0)
  })
})

describe('backfills', () => {
  const daily = spec({
    dag_id: 'd',
    tasks: [task({ task_id: 'a' })],
    schedule: '@daily',
    timetable: { type: 'cron_data_interval', cron: '0 0 * * *', timezone: 'UTC' },
    start_date: null,
    catchup: false,
  })
  const range = {
    dag_id: 'd',
    start_date: Date.UTC(2025, 10, 1),
    end_date: Date.UTC(2025, 10, 5),
    max_active_runs: 2,
    reprocess: 'none' as const,
    run_backwards: false,
    conf: {},
    dry_run: false,
    actor: 'x',
  }

  it('list exactly the runs that they would create', async () => {
    const h = await started([daily])
    const { backfill, intervals } = await h.answer(h.commands.backfillCreate({ ...range, dry_run: true }))
    expect(backfill).toBeNull()
    expect(intervals.map(({ logical_date, action }) => `${logical_date.slice(0, 10)} ${action}`)).toEqual([
      '2025-11-01 create',
      '2025-11-02 create',
      '2025-11-03 create',
      '2025-11-04 create',
      '2025-11-05 create',
    ])
  })
  it('create runs within their own limit, newest first when asked, and end', async () => {
    const h = await started([daily])
    const { backfill } = await h.answer(h.commands.backfillCreate({ ...range, run_backwards: true }))
    const dates = () =>
      [...h.db.runs.values()]
        .filter(({ run_type }) => run_type === 'backfill')
        .map(({ logical_date }) => new Date(logical_date!).getUTCDate())
    expect(dates()).toEqual([5, 4])
    for (let i = 0; i < 5; i++) await h.endAll()
    expect(dates()).toEqual([5, 4, 3, 2, 1])
    expect(h.db.backfills.get(backfill!.id)).toMatchObject({ state: 'success', runs_finished: 5 })
  })
  it('reprocess failed runs when asked, and leave good ones alone', async () => {
    const h = await started([daily])
    await h.endAll() // the newest scheduled run
    await h.answer(h.commands.backfillCreate({ ...range, max_active_runs: 5 }))
    let n = 0
    await h.endAll(() => (n++ === 0 ? 'failed_final' : 'success'))
    const { intervals } = await h.answer(h.commands.backfillCreate({ ...range, reprocess: 'failed', max_active_runs: 5 }))
    expect(intervals.map(({ action }) => action).sort()).toEqual(['reprocess', 'skip', 'skip', 'skip', 'skip'])
    await h.pass(500)
    expect(await h.endAll()).toEqual(['a'])
    expect([...h.db.runs.values()].filter(({ run_type }) => run_type === 'backfill').every(({ state }) => state === 'success')).toBe(true)
  })
})
