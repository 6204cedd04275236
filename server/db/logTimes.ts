/**
 * When the bytes of a log came. A mark says: what begins at `offset`, and all up to the next mark, came at `at`. Marks are stored as
 * records of one length, oldest first, so that a long log's are found by bisection. Pure.
 */

export interface LogTime {
  /** Byte of the log. */
  offset: number
  /** Milliseconds since 1970, by the clock of the worker. */
  at: number
}

/** Two unsigned integers of 48 bits each: 256 TiB, and the year 10889. */
export const RECORD_BYTES = 12
const FIELD_BYTES = 6
export const FIELD_MAX = 2 ** 48 - 1
/** Marks of one answer: a worker makes fewer for a whole week of output. */
export const TIMES_READ_MAX = 500_000

/** null = there are none, which takes no room. */
export function encodeTimes(times: readonly LogTime[]): Buffer | null {
  if (times.length === 0) return null
  const bytes = Buffer.allocUnsafe(times.length * RECORD_BYTES)
  let end = 0
  for (const { offset, at } of times) {
    bytes.writeUIntBE(offset, end, FIELD_BYTES)
    bytes.writeUIntBE(at, end + FIELD_BYTES, FIELD_BYTES)
    end += RECORD_BYTES
  }
  return bytes
}

/** A record that was cut by a crash is left out. */
export function decodeTimes(bytes: Uint8Array | null): LogTime[] {
  if (bytes === null) return []
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: Math.floor(view.length / RECORD_BYTES) }, (_, index) => ({
    offset: view.readUIntBE(index * RECORD_BYTES, FIELD_BYTES),
    at: view.readUIntBE(index * RECORD_BYTES + FIELD_BYTES, FIELD_BYTES),
  }))
}

/** Index of the first mark beyond `offset`. */
export function firstBeyond(times: readonly LogTime[], offset: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((times[middle]?.offset ?? 0) <= offset) low = middle + 1
    else high = middle
  }
  return low
}

/** The last mark at or before `from`, and all that follow below `to`. */
export function timesBetween(times: readonly LogTime[], { from, to }: { from: number; to: number }): LogTime[] {
  const first = Math.max(0, firstBeyond(times, from) - 1)
  return times.slice(first, Math.min(firstBeyond(times, to - 1), first + TIMES_READ_MAX))
}
