/** What happens when the database holds something else than the engine thought: one DAG is read again, the others go on. */
import { describe, expect, it } from 'vitest'
import { formatRunId } from '#domain/schedule/timetable.ts'
import type { AttemptReport } from './ports.ts'
import { EngineHarness } from './testing/engineHarness.ts'
import { SIM_START } from './simulation/simClock.ts'
import { spec, task } from './simulation/workload.ts'
import { cancelRun } from './commands.ts'

async function started(...args: ConstructorParameters<typeof EngineHarness>): Promise<EngineHarness> {
  const harness = new EngineHarness(...args)
  await harness.start()
  return harness
}

const actor = 'x'
const two = (dag_id: string) =>
  spec({ dag_id, tasks: ['a', 'b'].map((task_id) => task({ task_id, retries: 2 })), edges: [['a', 'b', null]] })

/** A run of each of two DAGs; both first tasks are on the worker. */
async function busy(): Promise<{ h: EngineHarness; bad: string; good: string; epoch: number }> {
  const h = await started([two('bad'), two('good')])
  const bad = await h.trigger('bad')
  const good = await h.trigger('good', { run_id: 'good' })
  return { h, bad, good, epoch: h.db.leader.epoch }
}

/** Somebody else writes to the row of a task instance. */
function tamper(h: EngineHarness, run_id: string, task_id: string, change: object): void {
  const run = [...h.db.runs.values()].find((row) => row.run_id === run_id)
  for (const row of h.db.instances.values()) if (row.dag_run_id === run?.id && row.task_id === task_id) Object.assign(row, change)
}

function ended(ref: AttemptReport['ref']): AttemptReport {
  return {
    type: 'ended',
    ref,
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
  }
}

describe('a conflict of one DAG', () => {
  it('in the commit that answers a command of another controller drops that answer with it, not the term', async () => {
    const { h, bad, good, epoch } = await busy()
    tamper(h, bad, 'a', { state: 'success', lease_token: null })
    const cancel = (run_id: string, dag_id: string) => {
      const run = h.service.engine?.dags.get(dag_id)?.runs.get(run_id)
      if (run === undefined) throw new Error(`no run ${run_id}`)
      return h.service.commit((e) => cancelRun(e, run, 'x'), { id: `c-${dag_id}`, answer: () => 'answered' })
    }
    const answered: string[] = []
    h.db.watch = {
      before: () => undefined,
      after: (commit) => void answered.push(...(commit.commands_answer ?? []).map(({ id }) => id)),
      conflict: () => undefined,
    }
    const both = Promise.allSettled([cancel(bad, 'bad'), cancel(good, 'good')])
    expect(await h.answer(both)).toMatchObject([{ status: 'rejected', reason: { code: 'conflict' } }, { status: 'fulfilled' }])
    expect(answered).toEqual(['c-good'])
    expect(h.db.leader.epoch).toBe(epoch)
  })

  it('reads that DAG again; what was decided about others in the same commit happens', async () => {
    const { h, bad, good, epoch } = await busy()
    const refs = h.takeAssigned().map(({ ref }) => ref)
    tamper(h, bad, 'a', { state: 'success', lease_token: null })
    const both = h.inbox.workerReports({ worker_id: 'w', reports: refs.map(ended) })
    await expect(h.answer(both)).rejects.toMatchObject({ code: 'conflict' })
    await h.pass(100)
    expect(h.db.leader.epoch).toBe(epoch)
    expect(h.states(good)).toEqual({ a: 'success', b: 'queued' })
    // By the database `a` had succeeded already, so `b` is next; and nothing is assigned twice.
    expect(h.states(bad)).toEqual({ a: 'success', b: 'queued' })
    expect(h.takeAssigned().map(({ run, task_instance }) => `${run.dag_id} ${task_instance.task_id}`)).toEqual(['good b', 'bad b'])
  })
  it('answers callers that asked for something of another DAG', async () => {
    const { h, bad } = await busy()
    tamper(h, bad, 'b', { try_number: 7 })
    const [cancel, trigger] = await Promise.allSettled([
      h.commands.runCancel({ dag_id: 'bad', run_id: bad, actor }),
      h.answer(h.commands.dagTrigger({ dag_id: 'good', conf: {}, logical_date: null, run_id: 'more', note: null, actor })),
    ])
    expect([cancel.status, trigger.status]).toEqual(['rejected', 'fulfilled'])
    expect(h.killed).toEqual([])
    await h.pass(100)
    expect([h.runState(bad), h.runState('more')]).toEqual(['running', 'running'])
    await h.answer(h.commands.runCancel({ dag_id: 'bad', run_id: bad, actor }))
    expect(h.runState(bad)).toBe('failed')
  })
  it('leaves its running attempts with their worker, and takes their ends', async () => {
    const { h, bad } = await busy()
    const [first] = h.takeAssigned()
    tamper(h, bad, 'b', { try_number: 7 })
    await h
      .answer(h.commands.taskInstanceMark({ dag_id: 'bad', run_id: bad, task_id: 'b', map_index: -1, state: 'success', actor }))
      .catch(() => undefined)
    await h.pass(20_000)
    expect(h.assigned).toEqual([])
    expect(h.states(bad)).toEqual({ a: 'queued', b: 'none' })
    await h.end(first!, 'success')
    expect(h.states(bad)).toEqual({ a: 'success', b: 'queued' })
  })
  it('does not forget that a killed attempt may still be alive', async () => {
    const { h, bad } = await busy()
    const [first] = h.takeAssigned()
    await h.answer(h.commands.taskInstanceMark({ dag_id: 'bad', run_id: bad, task_id: 'a', map_index: -1, state: 'failed', actor }))
    await h.pass(10_000)
    tamper(h, bad, 'b', { try_number: 7 })
    await h
      .answer(h.commands.taskInstanceMark({ dag_id: 'bad', run_id: bad, task_id: 'b', map_index: -1, state: 'success', actor }))
      .catch(() => undefined)
    await h.pass(200)
    await h.answer(h.commands.runClear({ dag_id: 'bad', run_id: bad, options: { task_ids: ['a'] }, actor }))
    expect(h.assigned).toEqual([])
    await h.end(first!, 'killed')
    expect(h.assigned.map(({ ref }) => ref.attempt)).toEqual([2])
  })
  it('tells it of the assets that were updated meanwhile', async () => {
    const asset = { type: 'asset', name: 'a', uri: 's3://a', group: 'asset', extra: {} } as const
    const h = await started([
      spec({ dag_id: 'makes', tasks: [task({ task_id: 'make', kind: 'python', outlets: [asset] })] }),
      spec({ dag_id: 'waits', tasks: [task({ task_id: 't' })], asset_condition: [{ step: 'asset', asset }] }),
    ])
    await h.trigger('waits', { run_id: 'mine' })
    await h.trigger('makes')
    const makes = h.takeAssigned().find(({ run }) => run.dag_id === 'makes')
    tamper(h, 'mine', 't', { try_number: 7 })
    h.commands
      .taskInstanceMark({ dag_id: 'waits', run_id: 'mine', task_id: 't', map_index: -1, state: 'success', actor })
      .catch(() => undefined)
    while (h.service.engine?.reloading.size === 0) await h.pass(1)
    expect(h.service.engine?.assetDags.size).toBe(0)
    await h.answer(h.inbox.workerReports({ worker_id: 'w', reports: [ended(makes!.ref)] }))
    await h.pass(5_000)
    expect([...h.db.runs.values()].filter(({ run_type }) => run_type === 'asset_triggered')).toMatchObject([{ dag_id: 'waits' }])
  })
  it('refuses what might be of that DAG until it is back, and nothing else', async () => {
    const { h, bad, good } = await busy()
    const [first, other] = h.takeAssigned()
    tamper(h, bad, 'b', { try_number: 7 })
    const mark = h.commands.taskInstanceMark({ dag_id: 'bad', run_id: bad, task_id: 'b', map_index: -1, state: 'success', actor })
    mark.catch(() => undefined)
    while (h.service.engine?.reloading.size === 0) await h.pass(1)
    const early = h.inbox.workerReports({ worker_id: 'w', reports: [ended(first!.ref)] })
    const fine = h.inbox.workerReports({ worker_id: 'w', reports: [ended(other!.ref)] })
    const command = h.commands.runCancel({ dag_id: 'bad', run_id: bad, actor })
    const outcomes = await h.answer(Promise.allSettled([early, fine, command]))
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected'])
    expect(h.states(good)).toMatchObject({ a: 'success' })
    await h.answer(h.inbox.workerReports({ worker_id: 'w', reports: [ended(first!.ref)] }))
    expect(h.states(bad)).toMatchObject({ a: 'success' })
  })
  it('is not followed by what was set for the run as memory had it: its timeout', async () => {
    const h = await started([{ ...two('bad'), dagrun_timeout_ms: 30_000 }])
    const bad = await h.trigger('bad')
    tamper(h, bad, 'b', { try_number: 7 })
    const mark = h.commands.taskInstanceMark({ dag_id: 'bad', run_id: bad, task_id: 'b', map_index: -1, state: 'success', actor })
    await expect(h.answer(mark)).rejects.toMatchObject({ code: 'conflict' })
    await h.pass(100)
    await h.endAll()
    expect(h.runState(bad)).toBe('success')
    const conflicts: string[] = []
    h.db.watch = { before: () => undefined, after: () => undefined, conflict: (detail) => conflicts.push(detail) }
    await h.pass(60_000)
    expect(conflicts).toEqual([])
    expect(h.runState(bad)).toBe('success')
  })
  it('keeps the slots of what its workers still run', async () => {
    const pools = [{ name: 'default_pool', slots: 1, description: '', include_deferred: false }]
    const h = await started([two('bad'), two('good')], { pools })
    const bad = await h.trigger('bad')
    const good = await h.trigger('good')
    tamper(h, bad, 'b', { try_number: 7 })
    const mark = h.commands.taskInstanceMark({ dag_id: 'bad', run_id: bad, task_id: 'b', map_index: -1, state: 'success', actor })
    await expect(h.answer(mark)).rejects.toMatchObject({ code: 'conflict' })
    await h.pass(1000)
    expect([h.states(bad)['a'], h.states(good)['a']]).toEqual(['queued', 'scheduled'])
    await h.endAll()
    expect([h.runState(bad), h.runState(good)]).toEqual(['success', 'success'])
    expect(h.service.engine?.pools.get('default_pool')?.limit.used).toBe(0)
  })
  it('does not bring back an attempt of another DAG that ended while the rows were read', async () => {
    for (let wait = 0; wait < 12; wait++) {
      const { h, bad, good } = await busy()
      const other = h.takeAssigned()[1]
      tamper(h, bad, 'b', { try_number: 7 })
      h.commands
        .taskInstanceMark({ dag_id: 'bad', run_id: bad, task_id: 'b', map_index: -1, state: 'success', actor })
        .catch(() => undefined)
      await h.pass(wait)
      await h.answer(h.inbox.workerReports({ worker_id: 'w', reports: [ended(other!.ref)] }))
      await h.pass(100)
      const { live, instances } = h.service.engine!
      for (const { ref, instance } of live.values()) expect(instances.get(ref.task_instance_id), `after ${wait} ms`).toBe(instance)
      expect([...live.keys()].includes(other!.ref.task_instance_id), `after ${wait} ms`).toBe(false)
      expect(h.states(good)).toMatchObject({ a: 'success' })
    }
  })
  it('takes another name for a scheduled run whose name is taken', async () => {
    const minutely = (dag_id: string) =>
      spec({
        dag_id,
        tasks: [task({ task_id: 'a' })],
        schedule: '* * * * *',
        timetable: { type: 'cron_data_interval', cron: '* * * * *', timezone: 'UTC' },
        start_date: '2025-12-31T23:50:00.000Z',
        catchup: false,
      })
    const h = await started([minutely('d'), minutely('other')])
    const { epoch } = h.db.leader
    await h.endAll()
    const run = structuredClone([...h.db.runs.values()].find(({ dag_id }) => dag_id === 'd')!)
    h.db.runs.set(999, { ...run, id: 999, run_id: 'scheduled__2026-01-01T00:01:00+00:00', run_type: 'manual' })
    await h.pass(61_000)
    await h.endAll()
    const names = (dag_id: string) =>
      [...h.db.runs.values()].filter((row) => row.dag_id === dag_id && row.id !== 999).map((row) => row.run_id.slice(11))
    expect(names('d')).toEqual(['2026-01-01T00:00:00+00:00', '2026-01-01T00:01:00+00:00_2'])
    expect(names('other')).toEqual(['2026-01-01T00:00:00+00:00', '2026-01-01T00:01:00+00:00'])
    expect(h.db.leader.epoch).toBe(epoch)
  })
})

describe('a name that a person has given to a run', () => {
  const trigger = (h: EngineHarness, p: { run_id: string | null; logical_date: number | null }) =>
    h.answer(h.commands.dagTrigger({ dag_id: 'd', conf: {}, note: null, actor, ...p }))
  const taken = { code: 'conflict', message: expect.stringMatching(/already has a run "manual__/) as string }

  it.each(['2', '3'] as const)(
    'refuses the run that would get the same name, and leaves the DAG in memory (dialect %s)',
    async (dialect) => {
      const h = await started([spec({ dag_id: 'd', dialect, tasks: [task({ task_id: 'a' })], edges: [] })])
      const conflicts: string[] = []
      h.db.watch = { before: () => undefined, after: () => undefined, conflict: (detail) => conflicts.push(detail) }
      const dag = h.service.engine?.dags.get('d')
      const date = Date.UTC(2024, 0)
      await trigger(h, { run_id: 'manual__2024-01-01T00:00:00+00:00', logical_date: Date.UTC(2023, 0) })
      const sameDate = trigger(h, { run_id: null, logical_date: date })
      if (dialect === '2') await expect(sameDate).rejects.toMatchObject(taken)
      else expect((await sameDate).logical_date).toBe(date)
      // Of a moment that is still to come, millisecond by millisecond.
      const soon = SIM_START + h.time.now + 1000
      for (let at = soon; at < soon + 20; at++)
        h.db.runs.set(at, {
          ...[...h.db.runs.values()][0]!,
          id: at,
          run_id: formatRunId({ run_type: 'manual', logical_date: at, run_after: at, dialect }),
        })
      while (SIM_START + h.time.now < soon) await h.pass(1)
      await expect(trigger(h, { run_id: null, logical_date: null })).rejects.toMatchObject(taken)
      expect(conflicts).toEqual([])
      expect(h.service.engine?.dags.get('d')).toBe(dag)
    },
  )

  it('does not change the names of scheduled runs when it meets another in the database', async () => {
    const h = await started([
      spec({
        dag_id: 'd',
        tasks: [task({ task_id: 'a' })],
        schedule: '* * * * *',
        timetable: { type: 'cron_data_interval', cron: '* * * * *', timezone: 'UTC' },
        start_date: '2025-12-31T23:50:00.000Z',
        catchup: false,
      }),
    ])
    await h.endAll()
    const run = structuredClone([...h.db.runs.values()][0]!)
    // Written by somebody else after the look for it.
    const apply = h.db.apply.bind(h.db)
    h.db.apply = (commit) => {
      if (commit.dag_runs_insert.some(({ run_id }) => run_id === 'mine')) h.db.runs.set(999, { ...run, id: 999, run_id: 'mine' })
      return apply(commit)
    }
    await expect(trigger(h, { run_id: 'mine', logical_date: null })).rejects.toMatchObject({ code: 'conflict' })
    await h.pass(61_000)
    await h.endAll()
    const scheduled = [...h.db.runs.values()].filter(({ run_type, id }) => run_type === 'scheduled' && id !== 999)
    expect(scheduled.map(({ run_id }) => run_id)).toContain('scheduled__2026-01-01T00:01:00+00:00')
  })
})
