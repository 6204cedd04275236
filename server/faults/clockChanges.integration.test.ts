/** The wall clock of the machine is wrong, and is put right, while tasks run and schedules are due. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ControllerProcess } from './harness/controllerProcess.ts'
import { longDag } from './harness/dagShapes.ts'
import { report } from './harness/ledger.ts'
import { IS_FULL } from './harness/sizes.ts'
import { WallClock } from './harness/wallClock.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** Before the full minute, so that a slot falls due soon after each jump. */
const SECONDS_BEFORE = 4

function writeMinutely(server: ControllerProcess, p: { dag_id: string; start: number; catchup: boolean }): void {
  writeFileSync(
    join(server.dagsFolder, `${p.dag_id}.py`),
    [
      'from datetime import datetime, timezone',
      'from vortex import DAG, EmptyOperator',
      `with DAG("${p.dag_id}", schedule="* * * * *", catchup=${p.catchup ? 'True' : 'False'}, max_active_runs=1000,`,
      `         start_date=datetime.fromtimestamp(${p.start / 1000}, timezone.utc)):`,
      '    EmptyOperator(task_id="t")',
      '',
    ].join('\n'),
  )
}

async function slots(server: ControllerProcess, dag_id: string): Promise<number[]> {
  const { data, total } = await server.call((client) => client.listRuns({ params: { dag_id }, query: { limit: 500 } }))
  expect(total).toBe(data.length)
  return data.map((run) => Date.parse(run.logical_date ?? '')).sort((a, b) => a - b)
}

test('the wall clock jumps an hour ahead, back, and an hour behind', { timeout: 120_000 }, async () => {
  const real = Date.now()
  const untilMinute = MINUTE - (real % MINUTE)
  // The server's clock begins shortly before a full minute.
  using clock = new WallClock(Math.round(untilMinute / 1000) + 60 - 9)
  const seconds = 13
  await using server = await ControllerProcess.create({ capacity: 8, env: clock.env })
  const start = Math.floor(clock.now() / MINUTE) * MINUTE - 2 * MINUTE
  server.addDag(longDag({ dag_id: 'long', tasks: 4, seconds, retries: 0 }))
  await server.start()
  await server.waitForDags()
  await expect.poll(() => server.workerPid()).not.toBeNull()
  const worker = server.workerPid()
  await server.trigger('long')
  writeMinutely(server, { dag_id: 'every', start, catchup: true })
  writeMinutely(server, { dag_id: 'newest', start, catchup: false })
  await expect.poll(async () => (await slots(server, 'every')).length, { timeout: 15_000 }).toBeGreaterThan(1)
  while (MINUTE - (clock.now() % MINUTE) > SECONDS_BEFORE * 1000) await sleep(50)
  const before = await slots(server, 'every')

  clock.move(3600)
  const ahead = clock.now()
  await expect.poll(async () => (await slots(server, 'every')).length, { timeout: 15_000 }).toBeGreaterThanOrEqual(before.length + 60)
  const noticed = Math.round(clock.now() - ahead)
  const caughtUp = await slots(server, 'every')

  clock.move(-3600)
  await sleep(SECONDS_BEFORE * 1000)
  clock.move(-3600)
  await sleep(2000)
  // What was made while the clock was ahead is not made again, and nothing is made early.
  const behind = await slots(server, 'every')
  expect(behind.length - caughtUp.length).toBeLessThanOrEqual(1)

  const found = await server.check((await server.settle(60_000)).filter((name) => name.startsWith('long')))
  const wrong = report(
    'clock changes',
    found,
    { landed: 3, planned: 3 },
    `+1 h noticed after ${noticed} ms; ${behind.length} slots (${clock.kind})`,
  )
  expect(wrong).toBe(0)
  expect(found.starts).toBe(4)
  expect((await server.recorded()).map((task) => [task.state, task.attempts.length])).toEqual(
    Array.from({ length: 4 }, () => ['success', 1]),
  )
  expect(server.workerPid()).toBe(worker)
  expect(server.log).not.toMatch(/leader term ended|lease|lost/i)

  // Past all slots that were made the schedule goes on where it was. Asleep, the server looks at the clock every 30 s.
  if (IS_FULL) {
    clock.move(2 * 3600 + 60)
    await expect.poll(async () => (await slots(server, 'every')).length, { timeout: 40_000 }).toBeGreaterThan(behind.length)
  }
  const all = await slots(server, 'every')
  expect(all).toEqual(Array.from({ length: all.length }, (_, i) => start + i * MINUTE))
  expect(ahead + 2 * HOUR).toBeGreaterThan(all.at(-1) ?? 0)
  const newest = await slots(server, 'newest')
  expect(new Set(newest).size).toBe(newest.length)
  expect(newest.every((slot) => all.includes(slot))).toBe(true)
  expect(newest.at(-1)).toBe(all.at(-1))
  expect(newest.length).toBeLessThan(10)
  expect(HOUR).toBeLessThan((all.at(-1) ?? 0) - start)
})
