/** What happens when the database cannot store what was decided about a DAG: that DAG is paused with a reason, the others go on. */
import { describe, expect, it } from 'vitest'
import { StoreRefusedData, type EngineCommit } from '#db/store.ts'
import type { DagSpec } from '#contract/dagSpec.ts'
import { EngineHarness } from './testing/engineHarness.ts'
import { spec, task } from './simulation/workload.ts'

const INT4_MAX = 2 ** 31 - 1
const YEAR_9999_END = Date.UTC(10_000, 0) - 1
const DETAIL = 'integer out of range'

/** As PostgreSQL's columns. */
function isStorable(commit: EngineCommit): boolean {
  const instances = [...commit.task_instances_insert, ...commit.task_instances_update.map(({ set }) => set)]
  return (
    instances.every(({ max_tries = 0, next_try_at = 0 }) => max_tries <= INT4_MAX && (next_try_at ?? 0) <= YEAR_9999_END) &&
    commit.attempts_update.every(({ set }) => (set.max_rss_bytes ?? 0) <= 2 ** 63)
  )
}

async function started(specs: DagSpec[]): Promise<{ h: EngineHarness; epoch: number }> {
  const h = new EngineHarness(specs)
  const apply = h.db.apply.bind(h.db)
  h.db.apply = (commit) => {
    if (!isStorable(commit)) throw new StoreRefusedData(DETAIL)
    return apply(commit)
  }
  await h.start()
  return { h, epoch: h.db.leader.epoch }
}

const minutely = (dag_id: string, retries: number) =>
  spec({
    dag_id,
    tasks: [task({ task_id: 'a', retries })],
    schedule: '* * * * *',
    timetable: { type: 'cron_data_interval', cron: '* * * * *', timezone: 'UTC' },
    start_date: '2025-12-31T23:50:00.000Z',
    catchup: false,
  })
const runsOf = (h: EngineHarness, dag_id: string) => [...h.db.runs.values()].filter((run) => run.dag_id === dag_id)
const pausesOf = (h: EngineHarness, dag_id: string) => h.db.ledger.filter((row) => row.dag_id === dag_id && row.kind === 'dag.paused')

describe('data that the database cannot store', () => {
  it('pauses the DAG whose due run holds it, and says why; the others and the term go on', async () => {
    const { h, epoch } = await started([minutely('bad', INT4_MAX), minutely('good', 0)])
    await h.endAll()
    await h.pass(150_000)
    await h.endAll()
    expect(h.db.leader.epoch).toBe(epoch)
    expect(runsOf(h, 'bad')).toEqual([])
    expect(runsOf(h, 'good').length).toBeGreaterThanOrEqual(3)
    expect(h.db.dags.get('bad')?.is_paused).toBe(true)
    expect(pausesOf(h, 'bad')).toMatchObject([
      { cause: 'data_refused', actor: 'scheduler', message: expect.stringContaining(DETAIL) as string },
    ])
    expect(pausesOf(h, 'good')).toEqual([])
  })

  it('is told to whoever asked, and asks again after it is mended', async () => {
    const { h } = await started([spec({ dag_id: 'bad', tasks: [task({ task_id: 'a', retries: INT4_MAX })], edges: [] })])
    const ask = (run_id: string) =>
      h.answer(h.commands.dagTrigger({ dag_id: 'bad', conf: {}, logical_date: null, run_id, note: null, actor: 'x' }))
    await expect(ask('one')).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining(DETAIL) as string })
    expect(h.db.dags.get('bad')?.is_paused).toBe(true)
    await h.newVersion(spec({ dag_id: 'bad', tasks: [task({ task_id: 'a', retries: 3 })], edges: [] }))
    await ask('two')
    await h.endAll()
    expect(h.runState('two')).toBe('success')
  })

  it('reported again and again by a worker fails the runs that it is about, and nobody else', async () => {
    const { h, epoch } = await started(['bad', 'good'].map((dag_id) => spec({ dag_id, tasks: [task({ task_id: 'a' })], edges: [] })))
    const bad = await h.trigger('bad', { run_id: 'bad' })
    const good = await h.trigger('good', { run_id: 'good' })
    const [first, other] = h.takeAssigned()
    for (let i = 0; i < 4; i++) {
      const ended = h.inbox.workerReports({
        worker_id: 'w',
        reports: [
          {
            type: 'ended',
            ref: first!.ref,
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
            max_rss_bytes: 1e30,
            log_truncated: false,
          },
        ],
      })
      ended.catch(() => undefined)
      await h.pass(2000)
    }
    expect(h.runState(bad)).toBe('failed')
    expect([...h.db.runs.values()].find(({ run_id }) => run_id === bad)?.state_reason).toBe('data_refused')
    expect(h.killed.map(({ task_instance_id }) => task_instance_id)).toContain(first!.ref.task_instance_id)
    await h.end(other!, 'success')
    expect(h.runState(good)).toBe('success')
    expect(h.db.leader.epoch).toBe(epoch)
    expect(pausesOf(h, 'bad').length).toBeLessThanOrEqual(3)
  })

  it('is not made of a delay that lasts for ever', async () => {
    const century = 36_525 * 86_400_000
    const { h } = await started([
      spec({ dag_id: 'd', tasks: ['a', 'b'].map((task_id) => task({ task_id, retries: 1, retry_delay_ms: 100 * century })), edges: [] }),
    ])
    await h.trigger('d', { run_id: 'r' })
    const [a, b] = h.takeAssigned()
    await h.end(a!, 'failed')
    await h.end(b!, 'rescheduled', { reschedule_at: 2 ** 60 })
    expect(h.states('r')).toEqual({ a: 'up_for_retry', b: 'up_for_reschedule' })
    expect([...h.db.instances.values()].map(({ next_try_at }) => next_try_at)).toEqual([YEAR_9999_END, YEAR_9999_END])
  })
})
