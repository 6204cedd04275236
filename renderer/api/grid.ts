/**
 * The grid of a DAG in the page: its answer unpacked into arrays, and live events written into them.
 *
 * Invariant: arrays are never changed in place. A run that an event names gets copies (20 kB for 5,000 tasks); every other run, and the
 * rows, keep their identity.
 */
import type { InfiniteData } from '@tanstack/react-query'
import type { LiveEvent } from '#contract/events.ts'
import type { Grid, GridRow, GridRun } from '#contract/grid.ts'
import { encodeDuration, mostTelling, stateByte } from '#contract/gridCells.ts'
import { isGroup } from '#contract/gridRows.ts'
import type { GridFilter } from './queryKeys.ts'

export interface GridRunCells extends Omit<GridRun, 'states' | 'tries' | 'durations' | 'begun' | 'mapped'> {
  states: Uint8Array
  tries: Uint8Array
  durations: Uint16Array
  /** Row -> start (ms) of what has begun and not ended. */
  begun: ReadonlyMap<number, number>
  /** Row -> a byte per map index. */
  mapped: ReadonlyMap<number, Uint8Array>
}
export interface GridPage {
  rows_id: string
  rows: readonly GridRow[]
  /** Newest first. */
  runs: readonly GridRunCells[]
  next_cursor: string | null
}
export type GridPages = InfiniteData<GridPage, string | null>

type RunEvent = Extract<LiveEvent, { type: 'dag_run' }>
type TaskEvent = Extract<LiveEvent, { type: 'task_instance' }>

/** Lists of rows by their id, so that a further page need not bring them again: two DAGs back and forth, with older versions. */
const ROW_LISTS_KEPT = 4
const rowLists = new Map<string, readonly GridRow[]>()

export const isKnownRows = (rows_id: string | undefined): rows_id is string => rows_id !== undefined && rowLists.has(rows_id)

export function unpackGrid(answer: Grid): GridPage {
  const rows = rowLists.get(answer.rows_id) ?? answer.rows
  if (rows === null) throw new Error('the grid came without its rows')
  rowLists.delete(answer.rows_id)
  rowLists.set(answer.rows_id, rows)
  for (const oldest of rowLists.keys()) {
    if (rowLists.size <= ROW_LISTS_KEPT) break
    rowLists.delete(oldest)
  }
  return { rows_id: answer.rows_id, rows, runs: answer.runs.map(unpackRun), next_cursor: answer.next_cursor }
}

function unpackRun(run: GridRun): GridRunCells {
  const durations = bytesOf(run.durations)
  return {
    ...run,
    states: bytesOf(run.states),
    tries: bytesOf(run.tries),
    // Every browser runs on a little-endian machine.
    durations: new Uint16Array(durations.buffer, durations.byteOffset, durations.byteLength / 2),
    begun: new Map(run.begun.map(([row, start]) => [row, Date.parse(start)])),
    mapped: new Map(run.mapped.map(([row, states]) => [row, bytesOf(states)])),
  }
}

/** Of newer browsers; several times faster than a loop. */
const { fromBase64 } = Uint8Array as unknown as { fromBase64?: (base64: string) => Uint8Array }

function bytesOf(base64: string): Uint8Array {
  if (fromBase64) return fromBase64.call(Uint8Array, base64)
  const text = atob(base64)
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at)
  return bytes
}

const indexes = new WeakMap<readonly GridRow[], ReadonlyMap<string, number>>()
/** Row of each task. */
export function taskIndex(rows: readonly GridRow[]): ReadonlyMap<string, number> {
  const known = indexes.get(rows)
  if (known) return known
  const index = new Map(rows.flatMap((row, at) => (isGroup(row) ? [] : [[row.id, at] as const])))
  indexes.set(rows, index)
  return index
}

/** Whether a run that a grid does not hold may belong to it. */
export const mayShow = (filter: GridFilter, event: RunEvent): boolean =>
  (filter.state === undefined || filter.state === event.state) && (filter.run_type === undefined || filter.run_type === event.run_type)

/** Null = no page holds the run. */
export function withRunEvent(data: GridPages, event: RunEvent): GridPages | null {
  const { state, start_time, end_time, task_counts } = event
  return changeRun(data, event.run_id, (run) => ({ ...run, state, start_time, end_time, task_counts }))
}

export function withoutRun(data: GridPages, run_id: string): GridPages {
  return {
    ...data,
    pages: data.pages.map((page) =>
      page.runs.some((run) => run.run_id === run_id) ? { ...page, runs: page.runs.filter((run) => run.run_id !== run_id) } : page,
    ),
  }
}

/** Events of task instances of one run. `isMissing`: a task, or an instance of a mapped one, that the rows do not hold. */
export function withTaskEvents(
  data: GridPages,
  run_id: string,
  events: Iterable<TaskEvent>,
): { data: GridPages; isMissing: boolean } | null {
  let isMissing = false
  const changed = changeRun(data, run_id, (run, rows) => {
    const index = taskIndex(rows)
    const next = {
      ...run,
      states: run.states.slice(),
      tries: run.tries.slice(),
      durations: run.durations.slice(),
      begun: new Map(run.begun),
      mapped: new Map(run.mapped),
    }
    for (const event of events) {
      const row = index.get(event.task_id)
      if (row === undefined) isMissing = true
      else writeCell(next, row, event)
    }
    return next
  })
  return changed && { data: changed, isMissing }
}

interface Writable extends GridRunCells {
  begun: Map<number, number>
  mapped: Map<number, Uint8Array>
}

function writeCell(run: Writable, row: number, event: TaskEvent): void {
  const { start_time, end_time, map_index } = event
  let byte = stateByte(event.state)
  if (map_index >= 0) {
    const before = run.mapped.get(row) ?? new Uint8Array()
    const bytes = new Uint8Array(Math.max(before.length, map_index + 1))
    bytes.set(before)
    bytes[map_index] = byte
    run.mapped.set(row, bytes)
    byte = mostTelling(bytes)
  }
  run.states[row] = byte
  run.tries[row] = Math.min(255, map_index >= 0 ? Math.max(run.tries[row] ?? 0, event.try_number) : event.try_number)
  const goesOn = start_time !== null && end_time === null
  if (goesOn) run.begun.set(row, Date.parse(start_time))
  else run.begun.delete(row)
  const took = encodeDuration(start_time !== null && end_time !== null ? Date.parse(end_time) - Date.parse(start_time) : null)
  run.durations[row] = map_index >= 0 ? Math.max(run.durations[row] ?? 0, took) : took
}

function changeRun(
  data: GridPages,
  run_id: string,
  change: (run: GridRunCells, rows: readonly GridRow[]) => GridRunCells,
): GridPages | null {
  for (const [pageAt, page] of data.pages.entries()) {
    const runAt = page.runs.findIndex((run) => run.run_id === run_id)
    const run = page.runs[runAt]
    if (run === undefined) continue
    return { ...data, pages: data.pages.with(pageAt, { ...page, runs: page.runs.with(runAt, change(run, page.rows)) }) }
  }
  return null
}
