import { describe, expect, it } from 'vitest'
import { EngineHarness } from './testing/engineHarness.ts'
import { spec, task } from './simulation/workload.ts'
import { SIM_START } from './simulation/simClock.ts'
import { createTemplateDates } from './templateDates.ts'

const DAY = 86_400_000
const at = (day: number): number => SIM_START + day * DAY

/** The dates of templates over the database of a harness; how often it was asked. */
function dates(h: EngineHarness) {
  const asked: (number | null)[] = []
  const datesOf = createTemplateDates({
    service: h.service,
    store: {
      dagRunLastSuccess: ({ dag_id, before_logical_date }) => {
        asked.push(before_logical_date)
        const runs = [...h.db.runs.values()].filter(
          (run) => run.dag_id === dag_id && run.state === 'success' && (run.logical_date ?? Infinity) < (before_logical_date ?? Infinity),
        )
        return Promise.resolve(structuredClone(runs.toSorted((a, b) => (b.logical_date ?? 0) - (a.logical_date ?? 0))[0] ?? null))
      },
    },
  })
  return { asked, datesOf }
}

/** Runs the DAG once for this day, and returns what its task is told of the success before. */
async function run(h: EngineHarness, { datesOf }: ReturnType<typeof dates>, day: number, outcome: 'success' | 'failed' = 'success') {
  await h.trigger('d', { run_id: `r${day}-${h.db.runs.size}`, logical_date: at(day) })
  const [attempt] = h.takeAssigned()
  const found = await datesOf(attempt!)
  await h.end(attempt!, outcome)
  return found.prev_success_interval_start === null ? null : (found.prev_success_interval_start - SIM_START) / DAY
}

const dag = spec({ dag_id: 'd', tasks: [task({ task_id: 'a' })] })

describe('the newest earlier success', () => {
  it('is none, then the one before; failures do not count', async () => {
    const h = new EngineHarness([dag])
    await h.start()
    const d = dates(h)
    expect(await run(h, d, 1)).toBeNull()
    expect(await run(h, d, 2, 'failed')).toBe(1)
    expect(await run(h, d, 3)).toBe(1)
    expect(await run(h, d, 4)).toBe(3)
    // One question to the database, at the first run.
    expect(d.asked).toEqual([null])
  })
  it('is found for a run of the past', async () => {
    const h = new EngineHarness([dag])
    await h.start()
    const d = dates(h)
    for (const day of [1, 5]) await run(h, d, day)
    expect(await run(h, d, 3)).toBe(1)
    expect(await run(h, d, 0)).toBeNull()
  })
  it('is known after a restart', async () => {
    const h = new EngineHarness([dag])
    await h.start()
    await run(h, dates(h), 1)
    const again = await h.restarted()
    const d = dates(again)
    expect(await run(again, d, 2)).toBe(1)
    expect(await run(again, d, 3)).toBe(2)
    expect(d.asked).toEqual([null])
  })
  it('is no run that was marked failed, cleared or deleted since', async () => {
    const h = new EngineHarness([dag])
    await h.start()
    const d = dates(h)
    for (const day of [1, 2, 3, 4]) await run(h, d, day)
    await h.answer(h.commands.runMark({ dag_id: 'd', run_id: 'r4-3', state: 'failed', actor: 'x' }))
    expect(await run(h, d, 10, 'failed')).toBe(3)
    await h.answer(h.commands.runDelete({ dag_id: 'd', run_id: 'r3-2', actor: 'x' }))
    expect(await run(h, d, 11, 'failed')).toBe(2)
    await h.answer(h.commands.runClear({ dag_id: 'd', run_id: 'r2-1', options: {}, actor: 'x' }))
    await h.end(h.takeAssigned()[0]!, 'failed')
    expect(await run(h, d, 12)).toBe(1)
  })
})
