/** Pieces of an attempt's log as text: offsets are bytes, and a piece never cuts a character in two. */
import { isFinished } from '#contract/states.ts'
import type { LogPage } from '#contract/taskInstance.ts'
import type { TaskInstanceRecord } from '#db/records.ts'
import type { LogStore } from '#db/attemptOutput.ts'
import type { LogTime } from '#db/logTimes.ts'

export async function readLog(
  store: LogStore,
  p: { task_instance: TaskInstanceRecord; attempt: number; offset: number; limit: number },
): Promise<LogPage> {
  const { attempt } = p
  const name = { task_instance_id: p.task_instance.id, attempt }
  const log = await store.logStat(name)
  // An attempt without output, or ended by the engine without a worker, has no log at all.
  if (log === null) {
    const complete = isFinished(p.task_instance.state) || attempt < p.task_instance.try_number
    return { attempt, offset: 0, next_offset: 0, size: 0, complete, truncated: false, text: '', times: [] }
  }
  const { size, complete, truncated } = log
  const wanted = p.offset < 0 ? Math.max(0, size + p.offset) : Math.min(p.offset, size)
  const bytes = await store.logRead({ ...name, offset: wanted, limit: p.limit })
  const start = p.offset < 0 && wanted > 0 ? leadingRest(bytes) : 0
  const atEnd = wanted + bytes.length >= size
  const end = bytes.length - (atEnd && complete ? 0 : trailingRest(bytes))
  const shown = bytes.subarray(start, Math.max(start, end))
  const from = wanted + start
  const times = shown.length === 0 ? [] : await store.logTimes({ ...name, from, to: from + shown.length })
  return {
    attempt,
    offset: from,
    next_offset: wanted + end,
    size,
    complete,
    truncated,
    text: new TextDecoder().decode(shown),
    times: lineTimes(shown, from, times),
  }
}

const NEWLINE = 10

/** Marks of bytes as marks of lines, so that a reader of the text need not count bytes: each of the first line that begins at or after it. */
export function lineTimes(bytes: Uint8Array, offset: number, times: readonly LogTime[]): [line: number, at: number][] {
  const lines: [line: number, at: number][] = []
  let line = 0
  /** Where the line begins. */
  let begin = 0
  for (const time of times) {
    while (offset + begin < time.offset) {
      const end = bytes.indexOf(NEWLINE, begin)
      // Begins beyond these bytes.
      if (end < 0 || end + 1 === bytes.length) return lines
      begin = end + 1
      line += 1
    }
    if (lines.at(-1)?.[0] === line) lines.pop()
    lines.push([line, time.at])
  }
  return lines
}

/** Bytes at the start that belong to a character begun before. */
function leadingRest(bytes: Uint8Array): number {
  let count = 0
  while (count < 3 && ((bytes[count] ?? 0) & 0xc0) === 0x80) count += 1
  return count
}

/** Bytes at the end that begin a character whose other bytes are not here yet. Bytes that are no UTF-8 count as whole. */
function trailingRest(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0
    if ((byte & 0xc0) === 0x80) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    // A piece of nothing but one unfinished character would never get on.
    return length > back && back < bytes.length ? back : 0
  }
  return 0
}
