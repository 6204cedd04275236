/** Races and second looks: what happens when commands, ends, versions and limits meet. Each of these went wrong once. */
import { describe, expect, it } from 'vitest'
import type { DagSpec } from '#contract/dagSpec.ts'
import { EngineHarness } from './testing/engineHarness.ts'
import { spec, task } from './simulation/workload.ts'
import { SIM_START } from './simulation/simClock.ts'

async function started(...args: ConstructorParameters<typeof EngineHarness>): Promise<EngineHarness> {
  const harness = new EngineHarness(...args)
  await harness.start()
  return harness
}

const actor = 'x'
const MINUTELY = {
  schedule: '* * * * *',
  timetable: { type: 'cron_data_interval', cron: '* * * * *', timezone: 'UTC' },
  start_date: '2025-12-31T23:50:00.000Z',
} as const

describe('a newest version under a run', () => {
  const chain = (...ids: string[]): DagSpec =>
    spec({ dag_id: 'd', tasks: ids.map((task_id) => task({ task_id })), edges: ids.slice(1).map((id, i) => [ids[i] ?? '', id, null]) })

  it('removes a task that could not run', async () => {
    const h = await started([chain('a', 'b')])
    const run = await h.trigger('d')
    await h.endAll(() => 'failed')
    await h.newVersion(chain('a'))
    await h.answer(h.commands.runClear({ dag_id: 'd', run_id: run, options: { version: 'newest' }, actor }))
    await h.endAll()
    expect([h.runState(run), h.states(run)]).toEqual(['success', { a: 'success', b: 'removed' }])
  })
  it('takes a task back that an older version had removed', async () => {
    const h = await started([chain('a', 'b')])
    const run = await h.trigger('d')
    await h.endAll()
    for (const ids of [['a'], ['a', 'b']]) {
      await h.newVersion(chain(...ids))
      await h.answer(h.commands.runClear({ dag_id: 'd', run_id: run, options: { version: 'newest' }, actor }))
      expect(await h.endAll()).toEqual(ids)
    }
    expect(h.states(run)).toEqual({ a: 'success', b: 'success' })
    const ofB = h.db.ledger.filter(({ kind, task_instance_id }) => kind === 'task_instance.state' && task_instance_id === 2)
    expect(ofB.slice(-5).map(({ from_state, to_state }) => `${from_state} ${to_state}`)).toEqual([
      'success removed',
      'removed none',
      'none queued',
      'queued running',
      'running success',
    ])
  })
  it('neither doubles nor forgets a task that was waiting for a slot', async () => {
    const dag = { ...chain('a'), tasks: ['a', 'b', 'c'].map((task_id) => task({ task_id })), edges: [] }
    const h = await started([dag], { parallelism: 1 })
    const run = await h.trigger('d')
    await h.newVersion({ ...dag, tasks: ['new', 'c', 'b', 'a'].map((task_id) => task({ task_id })) })
    await h.answer(h.commands.runClear({ dag_id: 'd', run_id: run, options: { version: 'newest', task_ids: ['b'] }, actor }))
    expect((await h.endAll()).sort()).toEqual(['a', 'b', 'c', 'new'])
    expect(h.runState(run)).toBe('success')
  })
  it('looks up the run before when only the new version depends on it', async () => {
    const h = await started([chain('a')])
    const run = await h.trigger('d')
    await h.endAll()
    await h.newVersion({ ...chain('a'), tasks: [task({ task_id: 'a', depends_on_past: true })] })
    await h.answer(h.commands.runClear({ dag_id: 'd', run_id: run, options: { version: 'newest' }, actor }))
    expect(await h.endAll()).toEqual(['a'])
  })
  it('changes nothing when a named task is not in it', async () => {
    const h = await started([chain('a', 'b')])
    const run = await h.trigger('d')
    await h.endAll()
    await h.newVersion(chain('a'))
    await expect(
      h.answer(h.commands.runClear({ dag_id: 'd', run_id: run, options: { version: 'newest', task_ids: ['b'] }, actor })),
    ).rejects.toMatchObject({ code: 'not_found' })
    expect([h.runState(run), h.states(run)]).toEqual(['success', { a: 'success', b: 'success' }])
  })
  it('applies a changed max_active_tis_per_dag', async () => {
    const one = spec({ dag_id: 'd', tasks: [task({ task_id: 'a', max_active_tis_per_dag: 1 })] })
    const h = await started([one])
    await h.trigger('d')
    await h.newVersion({ ...one, tasks: [task({ task_id: 'a', max_active_tis_per_dag: 3 })] })
    await h.trigger('d')
    expect(h.assigned).toHaveLength(2)
  })
})

describe('the run before', () => {
  const past = spec({
    dag_id: 'd',
    ...MINUTELY,
    catchup: true,
    max_active_runs: 3,
    start_date: '2025-12-31T23:57:00.000Z',
    tasks: [task({ task_id: 'a', depends_on_past: true })],
  })

  it('lets the next run go on when it is repaired after it has failed', async () => {
    for (const repair of ['clear', 'mark'] as const) {
      const h = await started([past])
      await h.end(h.takeAssigned()[0]!, 'failed_final')
      const first = [...h.db.runs.values()][0]!.run_id
      expect([h.runState(first), h.assigned.length]).toEqual(['failed', 0])
      if (repair === 'clear') await h.answer(h.commands.runClear({ dag_id: 'd', run_id: first, options: {}, actor }))
      else await h.answer(h.commands.taskInstanceMark({ dag_id: 'd', run_id: first, task_id: 'a', map_index: -1, state: 'success', actor }))
      await h.endAll()
      expect(
        [...h.db.runs.values()].every(({ state }) => state === 'success'),
        repair,
      ).toBe(true)
    }
  })
  it('is no longer waited for when it is deleted', async () => {
    const h = await started([past])
    await h.end(h.takeAssigned()[0]!, 'failed_final')
    await h.answer(h.commands.runDelete({ dag_id: 'd', run_id: [...h.db.runs.values()][0]!.run_id, actor }))
    expect(await h.endAll()).not.toEqual([])
  })
})

describe('limits', () => {
  it('give a freed slot to a task that fits when a bigger one in front never will', async () => {
    const dag = spec({
      dag_id: 'd',
      tasks: [
        task({ task_id: 'big', pool: 'p', pool_slots: 2, priority_weight: 9 }),
        task({ task_id: 'a', pool: 'p' }),
        task({ task_id: 'b', pool: 'p' }),
      ],
    })
    const h = await started([dag], { pools: [{ name: 'p', slots: 1, description: '', include_deferred: false }] })
    await h.trigger('d')
    expect(await h.endAll()).toEqual(['a', 'b'])
  })
  it('count no poke of a sensor as a try', async () => {
    const h = await started([spec({ dag_id: 'd', tasks: [task({ task_id: 's', retries: 1, retry_delay_ms: 100 })] })])
    const run = await h.trigger('d')
    for (let i = 0; i < 5; i++) {
      await h.end(h.takeAssigned()[0]!, 'rescheduled', { reschedule_at: SIM_START + h.time.now + 100 })
      await h.pass(200)
    }
    await h.end(h.takeAssigned()[0]!, 'failed')
    expect(h.states(run)).toEqual({ s: 'up_for_retry' })
  })
})

describe('triggers', () => {
  it('within one millisecond get names of their own', async () => {
    const h = await started([spec({ dag_id: 'd', dialect: '3', tasks: [task({ task_id: 'a' })] })])
    const asked = [null, null, SIM_START - 5, SIM_START - 6].map((logical_date) =>
      h.commands.dagTrigger({ dag_id: 'd', conf: {}, logical_date, run_id: null, note: null, actor }),
    )
    const runs = await h.answer(Promise.all(asked))
    expect(new Set(runs.map(({ run_id }) => run_id)).size).toBe(4)
  })
})

describe('deleting', () => {
  const one = spec({ dag_id: 'd', tasks: [task({ task_id: 'a' })] })

  it('a cancelled run while its process is being ended does not disturb the term', async () => {
    const h = await started([one])
    const run = await h.trigger('d')
    const [attempt] = h.takeAssigned()
    await h.answer(h.commands.runCancel({ dag_id: 'd', run_id: run, actor }))
    await h.answer(h.commands.runDelete({ dag_id: 'd', run_id: run, actor }))
    await h.end(attempt!, 'killed')
    expect([h.db.leader.epoch, h.service.engine?.live.size, h.service.engine?.runs.size]).toEqual([1, 0, 0])
  })
  it('a DAG whose cancelled attempts are being ended, too', async () => {
    const h = await started([one])
    const run = await h.trigger('d')
    const [attempt] = h.takeAssigned()
    await h.answer(h.commands.runCancel({ dag_id: 'd', run_id: run, actor }))
    await h.answer(h.commands.dagDelete({ dag_id: 'd', actor }))
    await h.end(attempt!, 'killed')
    expect([h.db.leader.epoch, h.service.engine?.live.size]).toEqual([1, 0])
  })
  it('a run and clearing it at the same moment leaves one of them refused', async () => {
    const h = await started([one])
    const run = await h.trigger('d')
    await h.endAll()
    const both = [
      h.commands.runDelete({ dag_id: 'd', run_id: run, actor }),
      h.commands.runClear({ dag_id: 'd', run_id: run, options: {}, actor }),
    ]
    const outcomes = await h.answer(Promise.allSettled(both))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(h.db.leader.epoch).toBe(1)
  })
})

describe('a run that two commands look at', () => {
  it('stays in memory until both are done', async () => {
    const h = await started([spec({ dag_id: 'd', tasks: [task({ task_id: 'a' })] })])
    const runs = [await h.trigger('d'), await h.trigger('d'), await h.trigger('d')]
    await h.endAll()
    const clear = h.commands.runClear({ dag_id: 'd', run_id: runs[0]!, options: { include_future: true }, actor })
    const looks = Array.from({ length: 40 }, () =>
      h.commands.runClear({ dag_id: 'd', run_id: runs[0]!, options: { dry_run: true }, actor }),
    )
    await h.answer(Promise.all([clear, ...looks]))
    expect((await h.endAll()).length).toBe(3)
    expect(runs.map((run) => h.runState(run))).toEqual(['success', 'success', 'success'])
    expect([h.service.engine?.runs.size, h.service.engine?.instances.size]).toEqual([0, 0])
  })
})

describe('backfills', () => {
  const daily = spec({
    dag_id: 'd',
    start_date: '2030-01-01T00:00:00.000Z',
    tasks: [task({ task_id: 'a', retries: 1 })],
    timetable: { type: 'cron_data_interval', cron: '0 0 * * *', timezone: 'UTC' },
  })
  const range = {
    dag_id: 'd',
    start_date: Date.UTC(2025, 10, 1),
    end_date: Date.UTC(2025, 10, 5),
    max_active_runs: 5,
    reprocess: 'completed' as const,
    run_backwards: false,
    conf: {},
    dry_run: false,
    actor,
  }
  async function filled(): Promise<EngineHarness> {
    const h = await started([daily])
    await h.answer(h.commands.backfillCreate(range))
    await h.endAll()
    return h
  }

  it('run again as many at once as they may', async () => {
    const h = await filled()
    await h.answer(h.commands.backfillCreate(range))
    await h.pass(500)
    expect(h.assigned).toHaveLength(5)
  })
  it('create a run that was deleted before it could run again', async () => {
    const h = await filled()
    const { backfill } = await h.answer(h.commands.backfillCreate({ ...range, max_active_runs: 1 }))
    const last = [...h.db.runs.values()].at(-1)!
    await h.answer(h.commands.runDelete({ dag_id: 'd', run_id: last.run_id, actor }))
    for (let i = 0; i < 6; i++) {
      await h.endAll()
      await h.pass(1000)
    }
    expect(h.db.backfills.get(backfill!.id)).toMatchObject({ state: 'success', runs_finished: 5 })
  })
  it('remember a failure over a restart', async () => {
    const h = await started([daily])
    const { backfill } = await h.answer(h.commands.backfillCreate({ ...range, max_active_runs: 1 }))
    await h.end(h.takeAssigned()[0]!, 'failed_final')
    const [second] = h.takeAssigned()
    const again = await h.restarted()
    await again.hello('w', [second!.ref])
    await again.end(second!, 'success')
    await again.endAll()
    expect(h.db.backfills.get(backfill!.id)).toMatchObject({ state: 'failed', runs_finished: 5 })
  })
  it('end with their DAG, and do not bar a new one', async () => {
    const h = await started([daily])
    const { backfill } = await h.answer(h.commands.backfillCreate({ ...range, max_active_runs: 1 }))
    await h.answer(h.commands.backfillSetState({ dag_id: 'd', backfill_id: backfill!.id, action: 'pause', actor }))
    await h.endAll()
    await h.answer(h.commands.dagDelete({ dag_id: 'd', actor }))
    expect(h.service.engine?.backfills.size).toBe(0)
  })
})

describe('when the controller or its database goes away', () => {
  it('a cancelled task starts again only after its process is gone, also over a restart', async () => {
    const h = await started([spec({ dag_id: 'd', tasks: [task({ task_id: 'a' })] })])
    const run = await h.trigger('d')
    const [attempt] = h.takeAssigned()
    await h.answer(h.commands.runCancel({ dag_id: 'd', run_id: run, actor }))
    const again = await h.restarted()
    await again.answer(again.commands.runClear({ dag_id: 'd', run_id: run, options: {}, actor }))
    expect([again.assigned.length, again.states(run)]).toEqual([0, { a: 'restarting' }])
    await again.hello('w', [attempt!.ref])
    expect(again.assigned).toHaveLength(0)
    await again.end(attempt!, 'killed')
    expect(again.assigned).toHaveLength(1)
  })
  it('nobody is lost while the database is away', async () => {
    const h = await started([spec({ dag_id: 'd', tasks: [task({ task_id: 'a' })] })])
    const run = await h.trigger('d')
    h.faults.unavailable = 1
    await h.pass(60_000, { beats: false })
    h.faults.unavailable = 0
    await h.pass(3000, { beats: false })
    expect(h.states(run)).toEqual({ a: 'queued' })
    await h.hello(
      'w',
      h.takeAssigned().map(({ ref }) => ref),
    )
  })
  it('a stop ends in time', async () => {
    const h = await started([spec({ dag_id: 'd', tasks: [task({ task_id: 'a' })] })])
    h.faults.unavailable = 1
    void h.commands.dagTrigger({ dag_id: 'd', conf: {}, logical_date: null, run_id: null, note: null, actor }).catch(() => undefined)
    await h.pass(100)
    let isStopped = false
    void h.service.stop().then(() => (isStopped = true))
    await h.pass(15_000)
    expect(isStopped).toBe(true)
  })
})

describe('a DAG that changes from 3.x to 2.x', () => {
  it('meets the name of its last run once, and goes on', async () => {
    const dag = spec({ dag_id: 'd', ...MINUTELY, catchup: false, dialect: '3', tasks: [task({ task_id: 'a' })] })
    const h = await started([dag])
    await h.endAll()
    await h.newVersion({ ...dag, dialect: '2' })
    await h.pass(90_000)
    await h.hello('w', [])
    await h.endAll()
    expect([...h.db.runs.values()].map(({ state }) => state)).toEqual(['success', 'success'])
    expect(h.db.leader.epoch).toBe(1)
  })
})
