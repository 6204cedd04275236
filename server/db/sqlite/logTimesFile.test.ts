import { appendFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '#testkit/databases.ts'
import { RECORD_BYTES } from '../logTimes.ts'
import { LogTimesFile, readTimesFile } from './logTimesFile.ts'

const ALL = { from: 0, to: 1e9 }
const marks = (...offsets: number[]) => offsets.map((offset) => ({ offset, at: 1_763_900_000_000 + offset }))
async function append(path: string, ...offsets: number[]): Promise<void> {
  const file = await LogTimesFile.open(path)
  await file.append(marks(...offsets))
  await file.close()
}

test('goes on behind what a crash left: marks whose bytes did not come, and half a record', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, '1.times')
  await append(path, 0, 10, 20)
  await appendFile(path, Buffer.alloc(RECORD_BYTES - 5, 0xff))
  expect(await readTimesFile(path, ALL)).toEqual(marks(0, 10, 20))
  // Sent again with the bytes from 10 on.
  await append(path, 10, 20, 30)
  expect(await readTimesFile(path, ALL)).toEqual(marks(0, 10, 20, 30))
  expect((await stat(path)).size).toBe(4 * RECORD_BYTES)
})

test('any part of a long one is found', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, '1.times')
  await append(path, ...Array.from({ length: 20_000 }, (_, at) => at * 7))
  for (const [from, to, expected] of [
    [0, 1, [0]],
    [69_999, 70_015, [69_993, 70_000, 70_007, 70_014]],
    [70_000, 70_001, [70_000]],
    [1e8, 1e9, [139_993]],
  ] as const)
    expect(await readTimesFile(path, { from, to }), `${from}-${to}`).toEqual(marks(...expected))
  await rm(path)
  expect(await readTimesFile(path, ALL)).toEqual([])
})
