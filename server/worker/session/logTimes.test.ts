/** From the worker's queue through the controller's intake into a store, over connections that break. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSqlite } from '#db/sqlite/open.ts'
import type { Store } from '#db/store.ts'
import type { LogChunk } from '#swarm/gen/vortex/swarm/v1/swarm.ts'
import { HeldAttempts } from '#swarm/heldAttempts.ts'
import { LogIntake } from '#swarm/logIntake.ts'
import { createFakeClock, type FakeClock } from '#testkit/fakeClock.ts'
import { temporaryFolder, type TemporaryFolder } from '#testkit/databases.ts'
import { LogQueue } from './logQueue.ts'

const ref = { task_instance_id: 7, attempt: 1, lease_token: 'token' }
const name = { task_instance_id: 7, attempt: 1 }
let folder: TemporaryFolder
let store: Store
let clock: FakeClock
let queue: LogQueue

beforeEach(async () => {
  folder = await temporaryFolder()
  store = await openSqlite({ folder: folder.path, synchronous: 'NORMAL' })
  clock = createFakeClock()
  queue = new LogQueue(folder.path, clock)
})
afterEach(async () => {
  queue.close()
  await store.close()
  await folder[Symbol.asyncDispose]()
})

/** What a session of the controller stores of these chunks. */
async function stored(chunks: readonly LogChunk[], size: number): Promise<void> {
  const held = new HeldAttempts(store).add(ref, { canReport: true, canAsk: true, canLog: true })
  const failed = { error: null as unknown }
  const intake = new LogIntake({
    store,
    clock,
    onStored: () => undefined,
    onRoom: () => undefined,
    onFailure: (error) => (failed.error = error),
  })
  for (const chunk of chunks) intake.add(held, chunk)
  await expect.poll(async () => (await store.logStat(name))?.size).toBe(size)
  expect(failed.error).toBeNull()
}

test('marks are sent again with their bytes, and are kept once', async () => {
  const lines = Array.from({ length: 1000 }, (_, at) => `line ${at} ${'.'.repeat(at % 90)}\n`)
  const expected: { offset: number; at: number }[] = []
  let size = 0
  for (const line of lines) {
    expected.push({ offset: size, at: clock.now() })
    queue.append(ref, { bytes: Buffer.from(line), age_ms: 0, cap_bytes: 10_000_000 })
    size += line.length
    clock.advance(100)
  }
  const take = (bytes: number) => queue.take({ bytes, items: 1 })
  const first = take(9_000)
  const second = take(9_000)
  await stored([...first, ...second], second[0]!.offset + second[0]!.bytes.length)
  // The second acknowledgement was lost, and the connection with it.
  queue.rewind([{ ref, stored: second[0]!.offset, complete: false }])
  const rest: LogChunk[] = []
  for (let chunks = take(20_000); chunks.length > 0; chunks = take(20_000)) rest.push(...chunks)
  expect(rest[0]?.offset).toBe(second[0]!.offset)
  await stored(rest, size)
  expect(await store.logTimes({ ...name, from: 0, to: size })).toEqual(expected)
})

test('a mark that makes no sense is left out, and the log is not', async () => {
  const chunk = (offset: number, text: string, times: [number, number][]): LogChunk => ({
    ref,
    offset,
    bytes: Buffer.from(text),
    last: false,
    truncated: false,
    times: times.map(([at, at_ms]) => ({ offset: at, at_ms })),
  })
  const first = chunk(0, 'one\ntwo\n', [
    [0, 100],
    [4, 200],
    [4, 250],
    [1, 300],
    [99, 400],
  ])
  await stored(
    [
      first,
      first,
      chunk(8, 'three\n', [
        [2, 500],
        [8, 2 ** 52],
      ]),
      chunk(14, 'four\n', [[14, 600]]),
    ],
    19,
  )
  expect(await store.logTimes({ ...name, from: 0, to: 19 })).toEqual([
    { offset: 0, at: 100 },
    { offset: 4, at: 200 },
    { offset: 14, at: 600 },
  ])
})
