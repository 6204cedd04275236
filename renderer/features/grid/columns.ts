/** The columns of the grid: runs, oldest first, and what each cell of them shows. Pure. */
import { decodeDuration, moreTelling, NO_INSTANCE, stateOfByte } from '#contract/gridCells.ts'
import { isGroup } from '#contract/gridRows.ts'
import { TASK_INSTANCE_STATES, type TaskInstanceState } from '#contract/states.ts'
import type { GridPage, GridRunCells } from '../../api/grid.ts'
import { tasksOf, type RowTree } from './rows.ts'

export interface GridColumn {
  run: GridRunCells
  /** Place in the run's arrays by row of the tree; null = they are the same, -1 = the run's page does not have the row. */
  places: Int32Array | null
}

/** Oldest first: the newest run stands at the right. */
export function buildColumns(pages: readonly GridPage[], places: readonly (Int32Array | null)[]): GridColumn[] {
  return pages.flatMap((page, at) => page.runs.map((run) => ({ run, places: places[at] ?? null }))).reverse()
}

const placeOf = (column: GridColumn, row: number): number => (column.places === null ? row : (column.places[row] ?? -1))

const groupBytes = new WeakMap<Uint8Array, { tree: RowTree; bytes: Uint8Array }>()

/** What each row shows in a run, groups by their members; worked out once per change of the run. */
export function shownBytes(tree: RowTree, column: GridColumn): Uint8Array {
  const { states } = column.run
  const known = groupBytes.get(states)
  if (known?.tree === tree) return known.bytes
  const bytes = new Uint8Array(tree.rows.length)
  for (let row = bytes.length - 1; row >= 0; row--) {
    const each = tree.rows[row]
    if (each !== undefined && !isGroup(each)) bytes[row] = states[placeOf(column, row)] ?? NO_INSTANCE
    const above = tree.parent[row] ?? -1
    if (above >= 0) bytes[above] = moreTelling(bytes[above] ?? 0, bytes[row] ?? 0)
  }
  groupBytes.set(states, { tree, bytes })
  return bytes
}

export interface CellFacts {
  state: TaskInstanceState | null
  /** Of a group or a mapped task: how many instances are in which state, in the order of the states' list. */
  counts: ReadonlyMap<TaskInstanceState, number> | null
  tries: number
  durationMs: number | null
  /** Start (ms) of what goes on. */
  begun: number | null
}

export function cellFacts(tree: RowTree, column: GridColumn, row: number): CellFacts {
  const { run } = column
  const each = tree.rows[row]
  const state = stateOfByte(shownBytes(tree, column)[row] ?? NO_INSTANCE)
  if (each === undefined || isGroup(each)) {
    const tasks = tasksOf(tree, row)
    const bytes = tasks.flatMap((task) => {
      const place = placeOf(column, task)
      return [...(run.mapped.get(place) ?? [run.states[place] ?? NO_INSTANCE])]
    })
    return { state, counts: countStates(bytes), tries: 0, durationMs: null, begun: null }
  }
  const place = placeOf(column, row)
  const mapped = run.mapped.get(place)
  return {
    state,
    counts: mapped ? countStates(mapped) : null,
    tries: run.tries[place] ?? 0,
    durationMs: decodeDuration(run.durations[place] ?? 0),
    begun: run.begun.get(place) ?? null,
  }
}

function countStates(bytes: Iterable<number>): Map<TaskInstanceState, number> {
  const counts = new Uint32Array(TASK_INSTANCE_STATES.length + 1)
  for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1
  return new Map(TASK_INSTANCE_STATES.flatMap((state, at) => ((counts[at + 1] ?? 0) > 0 ? [[state, counts[at + 1] ?? 0]] : [])))
}

/** States that occur in any of the columns, in the order of the states' list. */
export function statesShown(columns: readonly GridColumn[]): TaskInstanceState[] {
  const seen = new Set<string>()
  for (const { run } of columns) for (const state of Object.keys(run.task_counts)) if (run.task_counts[state]) seen.add(state)
  return TASK_INSTANCE_STATES.filter((state) => seen.has(state))
}

/** Newest column in which a row has a task instance; -1 = none. */
export function newestWith(tree: RowTree, columns: readonly GridColumn[], row: number): number {
  return columns.findLastIndex((column) => shownBytes(tree, column)[row] !== NO_INSTANCE)
}

export interface Instance {
  task_id: string
  map_index: number
  state: TaskInstanceState
}

/** Task instances of a run: those of a row, or all (null). */
export function instancesOf(tree: RowTree, column: GridColumn, row: number | null): Instance[] {
  const tasks = row === null ? tree.rows.flatMap((each, at) => (isGroup(each) ? [] : [at])) : tasksOf(tree, row)
  return tasks.flatMap((task) => {
    const task_id = tree.rows[task]?.id ?? ''
    const place = placeOf(column, task)
    const mapped = column.run.mapped.get(place)
    const bytes = mapped ? [...mapped] : [column.run.states[place] ?? NO_INSTANCE]
    return bytes.flatMap((byte, at) => {
      const state = stateOfByte(byte)
      return state === null ? [] : [{ task_id, map_index: mapped ? at : -1, state }]
    })
  })
}
