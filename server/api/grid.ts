/**
 * The grid's answer: rows of every version involved, and the cells of each run in the order of those rows.
 *
 * Cells are read a slice of runs at a time, two slices at once (the store's readers); between slices the loop serves others.
 * Rows of a version never change, so they are cached; the rows of one set of versions too; and the cells of a finished run, as long as
 * the ledger has no new entry of it.
 */
import { createHash } from 'node:crypto'
import type { Grid, GridRow, GridRun } from '#contract/grid.ts'
import { moreTelling } from '#contract/gridCells.ts'
import { isGroup, mergeGridRows } from '#contract/gridRows.ts'
import type { DagRecord } from '#db/records.ts'
import { runKey, type CellsOfRuns, type GridRunPage, type GridRunQuery, type GridRunRecord, type RunCells } from '#db/grid.ts'
import type { Store } from '#db/store.ts'
import { GRID_CELLS_MAX, GRID_KEPT_CELLS_MAX, GRID_ROWS_CACHED, GRID_RUNS_KEPT, GRID_SLICE_CELLS } from '#runtime/limits.ts'
import { Lru } from './lru.ts'
import { iso, isoOrNull } from './present/instant.ts'

type Query = GridRunQuery & { rows?: string | undefined }
interface VersionRows {
  version: number
  rows: GridRow[]
}
interface Rows {
  id: string
  list: GridRow[]
  /** Row of a task. */
  index: ReadonlyMap<string, number>
}

/** Cells of a finished run, as sent. */
interface KeptRun {
  mark: string
  rows_id: string
  cells: Cells
}
/** Another one after every change of the run's task instances. */
const markOf = (run: GridRunRecord): string =>
  JSON.stringify([run.last_change, run.state, run.start_time, run.end_time, run.dag_version_id, run.task_counts])

const isFinished = (run: GridRunRecord): boolean => run.state === 'success' || run.state === 'failed'
const instancesOf = (run: GridRunRecord): number =>
  Object.values(run.task_counts as Record<string, number>).reduce((sum, count) => sum + count, 0)

export function createGridReader(store: Store): (dag: DagRecord, query: Query) => Promise<Grid> {
  const versions = new Lru<number, VersionRows>(GRID_ROWS_CACHED)
  const rowLists = new Lru<string, Rows>(GRID_ROWS_CACHED)
  const keptRuns = new Lru<number, KeptRun>(GRID_RUNS_KEPT)

  async function versionRows(ids: readonly number[]): Promise<Map<number, VersionRows>> {
    const missing = ids.filter((id) => versions.get(id) === undefined)
    const found = missing.length === 0 ? [] : await store.gridVersionRows({ ids: missing })
    const read = new Map<number, VersionRows>(found.map(({ id, version, rows }) => [id, { version, rows }]))
    for (const [id, rows] of read) versions.set(id, rows)
    return new Map(ids.flatMap((id) => [read.get(id) ?? versions.get(id)].flatMap((rows) => (rows === undefined ? [] : [[id, rows]]))))
  }

  /** Rows of the newest version, then what only others, or only task instances, have. `strays`: ids of tasks of no version here. */
  function rowsOf(newest: number, all: ReadonlyMap<number, VersionRows>, strays: readonly string[]): Rows {
    const others = [...all.keys()].filter((id) => id !== newest).sort((a, b) => b - a)
    const key = [newest, ...others, ...strays].join(' ')
    const known = rowLists.get(key)
    if (known !== undefined) return known
    let list = all.get(newest)?.rows ?? []
    for (const id of others) list = mergeGridRows(list, removed(all.get(id)?.rows ?? []))
    const stray = (id: string): GridRow => ({ id, label: id, parent: null, operator: '', is_removed: true })
    list = [...list, ...strays.map(stray)]
    const id = createHash('sha256').update(JSON.stringify(list)).digest('base64url').slice(0, 22)
    const rows = { id, list, index: new Map(list.flatMap((row, at) => (isGroup(row) ? [] : [[row.id, at] as const]))) }
    rowLists.set(key, rows)
    return rows
  }

  function keptOf(runs: readonly GridRunRecord[], rows_id: string): Map<number, Cells> {
    const found = new Map<number, Cells>()
    for (const run of runs) {
      const kept = keptRuns.get(run.id)
      if (kept !== undefined && kept.rows_id === rows_id && kept.mark === markOf(run)) found.set(run.id, kept.cells)
    }
    return found
  }
  function keep(runs: readonly GridRunRecord[], presented: ReadonlyMap<number, Cells>, rows: Rows): void {
    if (rows.list.length > GRID_KEPT_CELLS_MAX) return
    for (const run of runs) {
      const cells = presented.get(run.id)
      // Mapped task instances are apart from the rows' cells, and may be many times as many.
      if (cells !== undefined && isFinished(run) && instancesOf(run) <= GRID_KEPT_CELLS_MAX)
        keptRuns.set(run.id, { mark: markOf(run), rows_id: rows.id, cells })
    }
  }

  return async (dag, query) => {
    const page = await store.gridRunList(query)
    const { runs, next_cursor } = withinLimit(page)
    const all = await versionRows([...new Set([dag.dag_version_id, ...runs.map((run) => run.dag_version_id)])])
    const plain = rowsOf(dag.dag_version_id, all, [])
    const kept = keptOf(runs, plain.id)
    const slices = await readCells(
      store,
      runs.filter(({ id }) => !kept.has(id)),
    )
    const strays = straysOf(slices, plain)
    const rows = strays.length === 0 ? plain : rowsOf(dag.dag_version_id, all, strays)
    if (rows !== plain) {
      // What was kept is of fewer rows; it has no strays itself.
      const again = runs.filter(({ id }) => kept.has(id))
      slices.push(...(await readCells(store, again)))
      kept.clear()
    }
    const texts = new Set(slices.flatMap(({ layouts }) => layouts))
    const placed = new Map([...texts].map((text) => [text, placesOf(text.split('\n'), rows)]))
    const presented = new Map<number, Cells>(kept)
    for (const slice of slices) {
      for (const cells of slice.runs)
        presented.set(cells.dag_run_id, presentCells(cells, placed.get(slice.layouts[cells.layout] ?? ''), rows))
      for (const each of slice.begun) presented.get(each.dag_run_id)?.begun.push([rows.index.get(each.task_id) ?? 0, iso(each.start_time)])
    }
    if (rows === plain) keep(runs, presented, rows)
    const none = (): Cells => presentCells(null, undefined, rows)
    return {
      dag_id: dag.dag_id,
      rows_id: rows.id,
      rows: query.rows === rows.id ? null : rows.list,
      runs: runs.map((run) => presentRun(run, all.get(run.dag_version_id)?.version ?? 0, presented.get(run.id) ?? none())),
      next_cursor,
    }
  }
}

/** Tasks that only task instances have, by name. */
function straysOf(slices: readonly CellsOfRuns[], rows: Rows): string[] {
  const strays = new Set<string>()
  for (const text of new Set(slices.flatMap(({ layouts }) => layouts)))
    for (const name of text.split('\n')) if (!rows.index.has(taskOf(name))) strays.add(taskOf(name))
  return [...strays].sort()
}

/** Groups and tasks that are in the newest version as well are not added by the merge; what is added is gone from it. */
const removed = (rows: readonly GridRow[]): GridRow[] => rows.map((row) => ({ ...row, is_removed: true }))

/** The first runs of the page whose task instances fit one answer, at least one. */
function withinLimit(page: GridRunPage): { runs: GridRunRecord[]; next_cursor: string | null } {
  let cells = 0
  const end = page.data.findIndex((run, at) => (cells += instancesOf(run)) > GRID_CELLS_MAX && at > 0)
  if (end < 0) return { runs: page.data, next_cursor: page.next_cursor }
  const runs = page.data.slice(0, end)
  return { runs, next_cursor: Buffer.from(JSON.stringify(runs.slice(-1).flatMap(runKey))).toString('base64url') }
}

async function readCells(store: Store, runs: readonly GridRunRecord[]): Promise<CellsOfRuns[]> {
  const slices: GridRunRecord[][] = []
  let room = 0
  for (const run of runs) {
    if (room <= 0) {
      slices.push([])
      room = GRID_SLICE_CELLS
    }
    slices.at(-1)?.push(run)
    room -= instancesOf(run)
  }
  const answers: CellsOfRuns[] = []
  let next = 0
  const read = async (): Promise<void> => {
    for (let at = next++; at < slices.length; at = next++) {
      const slice = slices[at] ?? []
      const active = slice.filter((run) => !isFinished(run)).map((run) => run.id)
      answers[at] = await store.gridCells({ dag_run_ids: slice.map((run) => run.id), active })
    }
  }
  await Promise.all([read(), read()])
  return answers
}

const taskOf = (name: string): string => {
  const tab = name.indexOf('\t')
  return tab < 0 ? name : name.slice(0, tab)
}

/** Where the task instances of a layout stand: the row of each, and those that are mapped with their map index. */
interface Places {
  rows: Int32Array
  mapped: { at: number; row: number; map_index: number }[]
}

function placesOf(names: readonly string[], rows: Rows): Places {
  const mapped: Places['mapped'] = []
  const placed = Int32Array.from(names, (name, at) => {
    const row = rows.index.get(taskOf(name)) ?? 0
    const tab = name.indexOf('\t')
    if (tab >= 0) mapped.push({ at, row, map_index: Number(name.slice(tab + 1)) })
    return row
  })
  return { rows: placed, mapped }
}

type Cells = Pick<GridRun, 'states' | 'tries' | 'durations' | 'begun' | 'mapped'>

function presentCells(cells: RunCells | null, places: Places | undefined, { list }: Rows): Cells {
  const states = new Uint8Array(list.length)
  const tries = new Uint8Array(list.length)
  const durations = new Uint16Array(list.length)
  const mapped: Cells['mapped'] = []
  if (cells !== null && places !== undefined) {
    for (const [at, row] of places.rows.entries()) {
      // Several instances of a mapped task meet in one cell.
      states[row] = moreTelling(states[row] ?? 0, cells.states[at] ?? 0)
      tries[row] = Math.max(tries[row] ?? 0, cells.tries[at] ?? 0)
      durations[row] = Math.max(durations[row] ?? 0, cells.durations[at] ?? 0)
    }
    for (const [row, instances] of Map.groupBy(places.mapped, (instance) => instance.row)) {
      const bytes = new Uint8Array(Math.max(...instances.map(({ map_index }) => map_index)) + 1)
      for (const { at, map_index } of instances) bytes[map_index] = cells.states[at] ?? 0
      mapped.push([row, base64(bytes)])
    }
  }
  return { states: base64(states), tries: base64(tries), durations: base64(littleEndian(durations)), begun: [], mapped }
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')

/** Every platform that Node runs on is little-endian but s390x. */
function littleEndian(numbers: Uint16Array): Uint8Array {
  const bytes = Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength)
  return new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? bytes : bytes.swap16()
}

function presentRun(run: GridRunRecord, version: number, cells: Cells): GridRun {
  return {
    run_id: run.run_id,
    run_type: run.run_type,
    state: run.state,
    logical_date: isoOrNull(run.logical_date),
    run_after: iso(run.run_after),
    start_time: isoOrNull(run.start_time),
    end_time: isoOrNull(run.end_time),
    version,
    task_counts: run.task_counts as Record<string, number>,
    ...cells,
  }
}
