import { describe, expect, it } from 'vitest'
import type { EndedRun } from '#db/retention.ts'
import { SIM_START } from '../simulation/simClock.ts'
import { spec, task } from '../simulation/workload.ts'
import { EngineHarness } from '../testing/engineHarness.ts'
import { expireRuns } from './expireRuns.ts'
import { batchesOf } from './retentionService.ts'

const DAY = 86_400_000
const date = (day: number): number => SIM_START - 100 * DAY + day * DAY

const daily = spec({
  dag_id: 'daily',
  timetable: { type: 'cron_data_interval', cron: '0 0 * * *', timezone: 'UTC' },
  tasks: [task({ task_id: 'a' })],
})

async function started(more = [] as (typeof daily)[]): Promise<EngineHarness> {
  const h = new EngineHarness([
    ...more,
    spec({ dag_id: 'd', tasks: [task({ task_id: 'a' })] }),
    spec({ dag_id: 'past', tasks: [task({ task_id: 'a' }), task({ task_id: 'b', depends_on_past: true })], edges: [['a', 'b', null]] }),
  ])
  await h.start()
  return h
}

/** What the store says of finished runs, oldest end first. */
function ended(h: EngineHarness): EndedRun[] {
  const runs = [...h.db.runs.values()]
  const first = (dates: (number | null)[]): number | null => dates.filter((at) => at !== null).sort((a, b) => a - b)[0] ?? null
  return runs
    .filter(({ state }) => state === 'success' || state === 'failed')
    .map(({ id, dag_id, run_id, run_type, state, logical_date, end_time }) => {
      const later = runs.filter(
        (run) => run.dag_id === dag_id && run.logical_date !== null && run.logical_date > (logical_date ?? Infinity),
      )
      const newer = runs.find((run) => run.dag_id === dag_id && run.id > id && run.end_time !== null)
      return {
        ...{ id, dag_id, run_id, run_type, state, logical_date, end_time: end_time ?? 0, task_instances: 1, newer_id: newer?.id ?? null },
        next_run_date: first(later.filter((run) => run_type === 'manual' || run.run_type !== 'manual').map((run) => run.logical_date)),
        next_success_date:
          state !== 'success' ? null : first(later.filter((run) => run.state === 'success').map((run) => run.logical_date)),
      }
    })
}

/** Runs of these days, one after the other; returns their ids. */
async function runs(h: EngineHarness, dag_id: string, days: number[], failed: number[] = []): Promise<string[]> {
  const ids: string[] = []
  for (const day of days) {
    ids.push(await h.trigger(dag_id, { run_id: `day${day}`, logical_date: date(day) }))
    await h.endAll(() => (failed.includes(day) ? 'failed' : 'success'))
  }
  return ids
}

async function expire(h: EngineHarness): Promise<number> {
  const found = ended(h)
  return await h.answer(h.service.commit((e) => expireRuns(e, found, SIM_START)))
}
const left = (h: EngineHarness): string[] => [...h.db.runs.values()].map(({ run_id }) => run_id)

describe('finished runs that are too old', () => {
  it('go with what hangs on them, in one ledger entry of how many; the newest one stays', async () => {
    const h = await started()
    await runs(h, 'd', [1, 2, 3])
    expect(await expire(h)).toBe(2)
    expect(left(h)).toEqual(['day3'])
    expect(h.db.instances.size).toBe(1)
    expect(h.db.attempts.size).toBe(1)
    expect(h.db.ledger.at(-1)).toMatchObject({ kind: 'dag_run.deleted', dag_id: 'd', dag_run_id: null, actor: 'retention' })
    expect(h.db.ledger.at(-1)?.message).toMatch(/^2 runs that ended before \d{4}-/)
    // And nothing more the next time.
    expect(await expire(h)).toBe(0)
    await runs(h, 'd', [4])
    expect(await expire(h)).toBe(1)
  })

  it('without a logical date go too, but for the newest', async () => {
    const h = await started()
    for (let i = 0; i < 3; i++) {
      await h.trigger('d', { run_id: `m${i}` })
      await h.endAll()
    }
    for (const run of h.db.runs.values()) run.logical_date = null
    expect(await expire(h)).toBe(2)
    expect(left(h)).toEqual(['m2'])
  })

  it('stay while a clear has made them active again, and go when they have ended', async () => {
    const h = await started()
    await runs(h, 'd', [1, 2, 3])
    const found = ended(h)
    await h.answer(h.commands.runClear({ dag_id: 'd', run_id: 'day1', options: {}, actor: 'x' }))
    // Found before the clear, deleted after it.
    expect(await h.answer(h.service.commit((e) => expireRuns(e, found, SIM_START)))).toBe(1)
    expect(left(h)).toEqual(['day1', 'day3'])
    await h.endAll()
    expect(h.runState('day1')).toBe('success')
    expect(await expire(h)).toBe(1)
    expect(left(h)).toEqual(['day3'])
  })

  it('stay while a command looks at them', async () => {
    const h = await started()
    await runs(h, 'd', [1, 2, 3])
    const held = await h.answer(h.service.runInMemory('d', 'day1'))
    expect(await expire(h)).toBe(1)
    expect(left(h)).toEqual(['day1', 'day3'])
    h.service.release(held)
    await h.pass(50)
    expect(await expire(h)).toBe(1)
  })

  it('stay while an attempt of them may be alive', async () => {
    const h = await started()
    await runs(h, 'd', [2])
    await h.trigger('d', { run_id: 'killed', logical_date: date(1) })
    const [attempt] = h.takeAssigned()
    if (attempt === undefined) throw new Error('it was not assigned')
    await h.answer(h.commands.runCancel({ dag_id: 'd', run_id: 'killed', actor: 'x' }))
    await runs(h, 'd', [3])
    expect(h.runState('killed')).toBe('failed')
    expect(h.service.engine?.live.size).toBe(1)
    await expire(h)
    expect(left(h)).toEqual(['killed', 'day3'])
    // Its end is accepted, and the term goes on.
    const epoch = h.db.leader.epoch
    await h.end(attempt, 'killed')
    expect(await expire(h)).toBe(1)
    expect([left(h), h.db.leader.epoch]).toEqual([['day3'], epoch])
  })
})

describe('runs that others look back at stay', () => {
  it('the one before an active run, and the newest success', async () => {
    const h = await started()
    await runs(h, 'past', [1, 2, 4])
    await runs(h, 'past', [5], [5])
    await h.trigger('past', { run_id: 'day3', logical_date: date(3) })
    const [attempt] = h.takeAssigned()
    if (attempt === undefined) throw new Error('it was not assigned')
    await expire(h)
    // day2 is the run before day3; day4 the newest success; day5 the newest run.
    expect(left(h).sort()).toEqual(['day2', 'day3', 'day4', 'day5'])
    // After a restart it finds the states of the run before in the database.
    const again = await h.restarted()
    expect(again.service.engine?.runs.size).toBe(1)
    await again.hello('w', [attempt.ref])
    await again.end(attempt, 'success')
    expect(await again.endAll()).toEqual(['b'])
    expect(again.runState('day3')).toBe('success')
  })

  it('those in the range of a backfill that is not over', async () => {
    const h = await started([daily])
    await runs(h, 'daily', [1, 2, 3, 4, 5, 6])
    const base = {
      dag_id: 'daily',
      max_active_runs: 1,
      reprocess: 'completed' as const,
      run_backwards: false,
      conf: {},
      dry_run: false,
      actor: 'x',
    }
    const made = await h.answer(h.commands.backfillCreate({ ...base, start_date: date(2) - DAY / 2, end_date: date(3) + DAY / 2 }))
    const days = (ids: string[]): string[] => ids.filter((id) => id.startsWith('day')).sort()
    await expire(h)
    // day1 is the run before day2, which the backfill is running again.
    expect(days(left(h))).toEqual(['day1', 'day2', 'day3', 'day6'])
    await h.answer(h.commands.backfillSetState({ dag_id: 'daily', backfill_id: made.backfill?.id ?? 0, action: 'cancel', actor: 'x' }))
    await h.endAll()
    await expire(h)
    expect(days(left(h))).toEqual(['day6'])
  })
})

describe('a batch', () => {
  it('is as large as a commit may be; a larger run goes by itself', () => {
    const run = (id: number, task_instances: number) => ({ id, task_instances }) as EndedRun
    const batches = batchesOf([run(1, 30), run(2, 20), run(3, 1), run(4, 5000), run(5, 0), run(6, 49)])
    expect(batches.map((batch) => batch.map(({ id }) => id))).toEqual([[1, 2], [3], [4], [5, 6]])
    expect(batchesOf([])).toEqual([])
  })
})
