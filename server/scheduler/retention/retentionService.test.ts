/** When it sweeps: a real store and engine, and a clock of its own. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Subject } from '#db/conformance/subject.ts'
import { openSqlite } from '#db/sqlite/open.ts'
import { StoreUnavailable, type Store } from '#db/store.ts'
import { createLogger } from '#runtime/logger.ts'
import { temporaryFolder, type TemporaryFolder } from '#testkit/databases.ts'
import { createFakeClock, type FakeClock } from '#testkit/fakeClock.ts'
import { RetentionService } from './retentionService.ts'
import { seedRuns } from './testing/seedRuns.ts'
import { startRetention } from './testing/startRetention.ts'

const DAY = 86_400_000
const RUNS = 40
let folder: TemporaryFolder
let store: Store
let engine: Awaited<ReturnType<typeof startRetention>>
let clock: FakeClock
const started: RetentionService[] = []

beforeEach(async () => {
  folder = await temporaryFolder()
  store = await openSqlite({ folder: folder.path, synchronous: 'NORMAL' })
  clock = createFakeClock()
  const s = new Subject(store)
  const version = await s.dag('d')
  await seedRuns(s, 'd', version, { runs: RUNS, tasks: 5, ended: clock.now() - 40 * DAY, log_bytes: () => 0 })
  await store.leaderResign({ holder: 'subject', epoch: (await s.term()).epoch })
  engine = await startRetention(store, 0)
})
afterEach(async () => {
  for (const retention of started.splice(0)) await retention.stop()
  await engine.stop()
  await store.close()
  await folder[Symbol.asyncDispose]()
})

async function start(days: number, of: Store = store): Promise<RetentionService> {
  const { service, commands } = engine
  const retention = new RetentionService({ days, store: of, service, commands, clock, logger: createLogger({ level: 'silent' }) })
  started.push(retention)
  await retention.start()
  return retention
}
const left = async (): Promise<number> => (await store.dagRunList({ dag_id: 'd', limit: 1, offset: 0 })).total
/** Lets its clock run on while the database works, until `reached`. */
async function until(reached: number, step_ms = 100): Promise<void> {
  for (let i = 0; i < 2000 && (await left()) !== reached; i++) clock.advance(step_ms)
  expect(await left()).toBe(reached)
}

test('it begins ten seconds after the start, pauses between batches, and comes again every hour', async () => {
  await start(30)
  clock.advance(9_999)
  expect(await left()).toBe(RUNS)
  clock.advance(1)
  await expect.poll(left).toBe(RUNS - 10)
  // Without time for a pause nothing more happens: 50 task instances went.
  for (let i = 0; i < 20; i++) expect(await left()).toBe(RUNS - 10)
  await until(1)
  // What grows too old later goes within the next hour.
  const made = await engine.commands.dagTrigger({ dag_id: 'd', conf: {}, logical_date: null, run_id: null, note: null, actor: 'x' })
  await engine.commands.runMark({ dag_id: 'd', run_id: made.run_id, state: 'success', actor: 'x' })
  await until(1, 60_000)
  expect((await store.dagRunList({ dag_id: 'd', limit: 9, offset: 0 })).data[0]?.run_id).toBe(made.run_id)
})

test('with 0 days it never sweeps', async () => {
  const retention = await start(0)
  retention.onTerm(7)
  for (let i = 0; i < 20; i++) {
    clock.advance(3_600_000)
    expect(await left()).toBe(RUNS)
  }
})

test('a database that does not answer is asked again after a minute', async () => {
  let refused = 0
  const away = { ...store, dagRunsEnded: () => (refused++, Promise.reject(new StoreUnavailable('away'))) }
  await start(30, away)
  clock.advance(10_000)
  await expect.poll(() => refused).toBe(1)
  away.dagRunsEnded = store.dagRunsEnded as never
  clock.advance(59_000)
  for (let i = 0; i < 5; i++) expect(await left()).toBe(RUNS)
  await until(1, 1000)
})

test('a stop in the middle of a pause ends the sweep', async () => {
  const retention = await start(30)
  clock.advance(10_000)
  await expect.poll(left).toBe(RUNS - 10)
  await retention.stop()
  clock.advance(DAY)
  expect(await left()).toBe(RUNS - 10)
})
