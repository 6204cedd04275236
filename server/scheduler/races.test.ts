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
const MINUTELY = { schedule: '* * * * *', timetable: { type: 'cron_data_interval', cron: '* * * * *', timezone: 'UTC' }, start_date: '2025-12-31T23:50:00.000Z' } as const

describe('a newest version under a run', () => {
  const chain = (...ids: string[]): DagSpec => spec({ dag_id: 'd', tasks: ids.map((task_id) => task({ task_id })), edges: ids.slice(1).map((id, i) => [ids[i] ?? '', id, null]) })

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
    await expect(h.answer(h.commands.runClear({ dag_id: 'd', run_id: run, options: { version: 'newest', task_ids: ['b'] }, actor }))).rejects.toMatchObject({ code: 'not_found' })
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
  const past = spec({ dag_id: 'd', ...MINUTELY, catchup: true, max_active_runs: 3, start_date: '2025-12-31T23:57:00.000Z', tasks: [task({ task_id: 'a', depends_on_past: true })] })

  it('lets the next run go on when it is repaired after it has failed', async () => {
    for (const repair of ['clear', 'mark'] as const) {
      const h = await started([past])
      await h.end(h.takeAssigned()[0]!, 'failed_final')
      const first = [...h.db.runs.values()][0]!.run_id
      expect([h.runState(first), h.assigned.length]).toEqual(['failed', 0])
      if (repair === 'clear') await h.answer(h.commands.runClear({ dag_id: 'd', run_id: first, options: {}, actor }))
      else await h.answer(h.commands.taskInstanceMark({ dag_id: 'd', run_id: first, task_id: 'a', map_index: -1, state: 'success', actor }))
      await h.endAll()
      expect([...h.db.runs.values()].every(({ state }) => state === 'success'), repair).toBe(true)
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
    const dag = spec({ dag_id: 'd', tasks: [task({ task_id: 'big', pool: 'p', pool_slots: 2, priority_weight: 9 }), task({ task_id: 'a', pool: 'p' }), task({ task_id: 'b', pool: 'p' })] })
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
    const asked = [null, null, SIM_START - 5, SIM_START - 6].map((logical_date) => h.commands.dagTrigger({ dag_id: 'd', conf: {}, logical_date, run_id: null, note: null, actor }))
    const runs = await h.answer(Promise.all(asked))
    expect(new Set(runs.map(({ run_id }) => run_id)).size).toBe(4)
  })
})
