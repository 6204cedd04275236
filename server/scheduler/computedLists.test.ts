/** A DAG whose timetable is the author's own: the engine walks its list, says when it needs another one, and goes on with that. */
import { expect, test } from 'vitest'
import type { DagSpec } from '#contract/dagSpec.ts'
import { makeDagSpec, makeTaskSpec } from '#testkit/makeDagSpec.ts'
import { filesWithOldLists } from './computedLists.ts'
import { SIM_START } from './simulation/simClock.ts'
import { EngineHarness } from './testing/engineHarness.ts'

const MINUTE = 60_000
const row = (minute: number): [number, number, number] => [
  SIM_START + (minute - 1) * MINUTE,
  SIM_START + minute * MINUTE,
  SIM_START + minute * MINUTE,
]

function dag(minutes: number[], computed: number, change: Partial<DagSpec> = {}): DagSpec {
  return makeDagSpec('d', {
    tasks: [makeTaskSpec('a')],
    edges: [],
    catchup: false,
    timetable: {
      type: 'computed',
      summary: 'Mine',
      computed_at: SIM_START + computed * MINUTE,
      runs: minutes.map(row),
      history: [],
      is_complete: false,
      manual: { type: 'runs' },
    },
    ...change,
  })
}

test('runs are created when they are due; a list that ends is asked for, and the next one goes on from it', async () => {
  const h = new EngineHarness([dag([1, 2, 4], -1)])
  const created = () => [...h.db.runs.values()].map(({ run_after }) => (run_after - SIM_START) / MINUTE)
  const wanted = () => filesWithOldLists(h.service.engine, SIM_START + h.time.now)
  await h.start()
  expect([created(), wanted()]).toEqual([[], []])
  await h.pass(2 * MINUTE)
  expect(created()).toEqual([1, 2])
  expect(wanted()).toEqual([h.db.dags.get('d')?.file])
  // What a parse says meanwhile overlaps with what is there already.
  await h.newVersion(dag([2, 4, 5, 6, 7, 8], 2))
  await h.pass(3 * MINUTE)
  expect(created()).toEqual([1, 2, 4, 5])
  expect(h.queries.nextRuns({ dag_id: 'd', count: 9 }).map(({ run_after }) => (run_after - SIM_START) / MINUTE)).toEqual([6, 7, 8])
  expect(wanted()).toEqual([])
})

test('of runs missed while the DAG was paused the newest one starts', async () => {
  const h = new EngineHarness([dag([1, 2, 3, 4, 5, 9], -1)])
  await h.start()
  await h.answer(h.commands.dagSetPaused({ dag_id: 'd', paused: true, actor: 'ann' }))
  await h.pass(4.5 * MINUTE)
  await h.answer(h.commands.dagSetPaused({ dag_id: 'd', paused: false, actor: 'ann' }))
  expect([...h.db.runs.values()].map(({ run_after }) => (run_after - SIM_START) / MINUTE)).toEqual([4])
})
