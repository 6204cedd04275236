/**
 * The marks of a log that is a file: `<attempt>.times` beside it. Marks are written before the bytes that they are of, so that a crash
 * between the two loses none; those of bytes that never came are beyond the log's end, where nobody reads. What a power cut took of
 * either file leaves gaps, in which lines have the time of the line before.
 */
import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { decodeTimes, encodeTimes, firstBeyond, RECORD_BYTES, TIMES_READ_MAX, type LogTime } from '../logTimes.ts'

export class LogTimesFile {
  readonly #handle: FileHandle
  /** Whole records. */
  #count: number
  #last: number

  private constructor(handle: FileHandle, count: number, last: number) {
    this.#handle = handle
    this.#count = count
    this.#last = last
  }

  static async open(path: string): Promise<LogTimesFile> {
    // Not for appending: that would go on behind half a record.
    const handle = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
    try {
      const count = await countOf(handle)
      return new LogTimesFile(handle, count, count === 0 ? -1 : await offsetAt(handle, count - 1))
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** Marks that are there already are left out. */
  async append(times: readonly LogTime[]): Promise<void> {
    const fresh = times.slice(firstBeyond(times, this.#last))
    const bytes = encodeTimes(fresh)
    if (bytes === null) return
    const start = this.#count * RECORD_BYTES
    for (let written = 0; written < bytes.length;)
      written += (await this.#handle.write(bytes, written, bytes.length - written, start + written)).bytesWritten
    this.#count += fresh.length
    this.#last = fresh.at(-1)?.offset ?? this.#last
  }

  close(): Promise<void> {
    return this.#handle.close()
  }
}

/** The last mark at or before `from`, and all below `to`: two bisections and one read, however long the file is. */
export async function readTimesFile(path: string, p: { from: number; to: number }): Promise<LogTime[]> {
  let handle: FileHandle
  try {
    handle = await open(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  try {
    const count = await countOf(handle)
    const first = Math.max(0, (await beyond(handle, count, p.from)) - 1)
    const end = Math.min(await beyond(handle, count, p.to - 1), first + TIMES_READ_MAX)
    const bytes = Buffer.alloc(Math.max(0, end - first) * RECORD_BYTES)
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, first * RECORD_BYTES)
    return decodeTimes(bytes.subarray(0, bytesRead))
  } finally {
    await handle.close()
  }
}

async function countOf(handle: FileHandle): Promise<number> {
  return Math.floor((await handle.stat()).size / RECORD_BYTES)
}

async function offsetAt(handle: FileHandle, index: number): Promise<number> {
  const record = Buffer.alloc(RECORD_BYTES)
  await handle.read(record, 0, RECORD_BYTES, index * RECORD_BYTES)
  return decodeTimes(record)[0]?.offset ?? 0
}

/** Index of the first of `count` records that is beyond `offset`. */
async function beyond(handle: FileHandle, count: number, offset: number): Promise<number> {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((await offsetAt(handle, middle)) <= offset) low = middle + 1
    else high = middle
  }
  return low
}
