/** Reads an attempt's log by offset: all of a small one, the end of a large one, and what is added when `log` events say so. */
import { useQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from 'react'
import { liveStore } from '../../api/liveEvents.ts'
import { logSignalQuery, readLog } from '../../api/queries.ts'
import type { AttemptRef } from '../../api/queryKeys.ts'
import { LogBuffer, type LogSnapshot } from './logBuffer.ts'

const PIECE = 1_048_576
/** A log up to this size is read whole; of a larger one the last piece. */
const WHOLE_MAX = 4 * PIECE

export interface LogReader {
  log: LogSnapshot
  loadEarlier: () => void
  retry: () => void
}

/** `wake` changes when the log may have grown without an event: the task's state or attempt changed. */
export function useLog(attempt: AttemptRef, wake: string): LogReader {
  const { dag_id, run_id, task_id, map_index, attempt: number } = attempt
  const ref = useMemo(() => ({ dag_id, run_id, task_id, map_index, attempt: number }), [dag_id, run_id, task_id, map_index, number])
  const buffer = useMemo(() => new LogBuffer(), [ref])
  const busy = useRef<LogBuffer | null>(null)
  const signal = useQuery(logSignalQuery(ref)).data
  const signalled = signal?.size ?? 0
  const isConnected = useSyncExternalStore(liveStore.subscribe, () => liveStore.get().status === 'connected')

  const pump = useCallback(
    async (wanted: number) => {
      if (busy.current === buffer) return
      busy.current = buffer
      try {
        let more = true
        while (more) {
          const before = buffer.get()
          let page = await readLog(ref, before.end, PIECE)
          if (!before.isRead && page.size > WHOLE_MAX) page = await readLog(ref, page.size - PIECE, PIECE)
          buffer.append(page)
          const after = buffer.get()
          more = after.end > before.end && after.end < Math.max(after.size, wanted)
        }
      } catch (error) {
        buffer.fail(error)
      } finally {
        if (busy.current === buffer) busy.current = null
      }
    },
    [buffer, ref],
  )
  const log = useSyncExternalStore(buffer.subscribe, buffer.get)
  const isBehind = !log.complete && (!log.isRead || signalled > log.end || signal?.complete === true)
  useEffect(() => {
    void pump(signalled)
  }, [pump, wake, isConnected])
  useEffect(() => {
    if (isBehind && log.error === null) void pump(signalled)
  }, [pump, isBehind, signalled, signal?.complete, log.end, log.error])

  const loadEarlier = useCallback(() => {
    const { start } = buffer.get()
    if (start === 0) return
    const from = Math.max(0, start - PIECE)
    readLog(ref, from, start - from).then(
      (page) => {
        buffer.prepend(page)
      },
      (error: unknown) => {
        buffer.fail(error)
      },
    )
  }, [buffer, ref])
  return { log, loadEarlier, retry: () => void pump(signalled) }
}

/** The whole log of an attempt, piece by piece. */
export async function readWholeLog(attempt: AttemptRef, onProgress: (share: number) => void): Promise<Blob> {
  const parts: string[] = []
  let offset = 0
  for (;;) {
    const page = await readLog(attempt, offset, WHOLE_MAX)
    parts.push(page.text)
    onProgress(page.size === 0 ? 1 : page.next_offset / page.size)
    if (page.next_offset <= offset || page.next_offset >= page.size) break
    offset = page.next_offset
  }
  return new Blob(parts, { type: 'text/plain;charset=utf-8' })
}
