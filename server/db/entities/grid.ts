import { encodeDuration, stateByte } from '#contract/gridCells.ts'
import type { GridRow } from '#contract/grid.ts'
import { TASK_INSTANCE_STATES } from '#contract/states.ts'
import { gridRows } from '#domain/gridRows.ts'
import type { Database, Session } from '../database.ts'
import { runKey, type CellsOfRuns, type GridRunPage, type GridRunQuery, type GridRunRecord, type RunCells } from '../grid.ts'
import { columns, list, Sql, sql, where } from '../sql.ts'
import { cursorKey, limitOf, pageOf } from '../page.ts'
import { beforeRun, NEWEST_FIRST } from './runOrder.ts'

const RUN_COLUMNS = columns('dag_runs', { without: ['conf', 'note'] })

export function gridRunList(db: Database, p: GridRunQuery): Promise<GridRunPage> {
  const request = { ...p, offset: 0 }
  return db.read(async (s) => {
    const before = cursorKey(request, [0, 0] as const)
    const rows = await s.records(
      'dag_runs',
      sql`SELECT ${RUN_COLUMNS}, (SELECT max(id) FROM ledger WHERE ledger.dag_run_id = dag_runs.id) AS last_change FROM dag_runs
        ${where([
          sql`dag_id = ${p.dag_id}`,
          p.state === undefined ? null : sql`state = ${p.state}`,
          p.run_type === undefined ? null : sql`run_type = ${p.run_type}`,
          p.logical_date_from === undefined ? null : sql`logical_date >= ${{ time: p.logical_date_from }}`,
          p.logical_date_to === undefined ? null : sql`logical_date <= ${{ time: p.logical_date_to }}`,
          before && beforeRun(before),
        ])} ${NEWEST_FIRST} ${limitOf(request)}`,
    )
    return pageOf(request, rows as unknown as GridRunRecord[], rows.length, runKey)
  })
}

const FIRST_LETTER = 'A'.charCodeAt(0)
/** A letter for each state, from the contract's own list: the database puts a run's states into one short text. */
const STATE_LETTER = new Sql(
  [
    `CASE state ${TASK_INSTANCE_STATES.map((state, at) => `WHEN '${state}' THEN '${String.fromCharCode(FIRST_LETTER + at)}'`).join(' ')} END`,
  ],
  [],
)
/** What letter `A` + n stands for. */
const BYTES = Uint8Array.from(TASK_INSTANCE_STATES, stateByte)
const TRIES_MAX = 255

interface Aggregated {
  names: string | null
  states: string
  tries: string
  durations: string
}

/**
 * The database joins a run's task instances into four texts. Half a million of them are so read in the time that it takes to hand
 * over a hundred thousand as rows.
 */
export function gridCells(db: Database, p: { dag_run_ids: number[]; active: number[] }): Promise<CellsOfRuns> {
  return db.read(async (s) => {
    const layouts = new Map<string, number>()
    const runs: RunCells[] = []
    for (const dag_run_id of p.dag_run_ids) {
      const [joined] = await s.rows<Aggregated>(joinedCells(s, dag_run_id))
      if (joined === undefined || joined.names === null) continue
      const layout = layouts.get(joined.names) ?? layouts.size
      layouts.set(joined.names, layout)
      const states = Uint8Array.from(joined.states, (letter) => BYTES[letter.charCodeAt(0) - FIRST_LETTER] ?? 0)
      const tries = Uint8Array.from(joined.tries.split(','), (text) => Math.min(TRIES_MAX, Number(text)))
      const durations = Uint16Array.from(joined.durations.split(','), (text) => encodeDuration(text === '' ? null : Number(text)))
      runs.push({ dag_run_id, layout, states, tries, durations })
    }
    const begun = p.active.length === 0 ? [] : await begunIn(s, p.active)
    return { layouts: [...layouts.keys()], runs, begun }
  })
}

/** By the order of the one index on the run, so that runs with the same tasks have the same layout. */
function joinedCells(s: Session, dag_run_id: number): Sql {
  const duration = s.dialect.elapsedMs(sql`start_time`, sql`end_time`)
  return sql`SELECT string_agg(name, ${'\n'}) AS names, string_agg(letter, ${''}) AS states, string_agg(tried, ${','}) AS tries,
      string_agg(took, ${','}) AS durations
    FROM (SELECT CASE map_index WHEN -1 THEN task_id ELSE task_id || ${'\t'} || CAST(map_index AS TEXT) END AS name, ${STATE_LETTER} AS letter,
        CAST(try_number AS TEXT) AS tried, coalesce(CAST(${duration} AS TEXT), '') AS took
      FROM task_instances WHERE dag_run_id = ${dag_run_id} ORDER BY task_id, map_index) AS ordered`
}

function begunIn(s: Session, dag_run_ids: number[]): Promise<CellsOfRuns['begun']> {
  return s.rows(
    sql`SELECT dag_run_id, task_id, map_index, start_time FROM task_instances
      WHERE dag_run_id IN ${list(dag_run_ids)} AND start_time IS NOT NULL AND end_time IS NULL`,
  )
}

/** A spec of thousands of tasks is megabytes; only its rows leave the database's thread. */
export function gridVersionRows(db: Database, p: { ids: number[] }): Promise<{ id: number; version: number; rows: GridRow[] }[]> {
  return db.read(async (s) => {
    const found: { id: number; version: number; rows: GridRow[] }[] = []
    for (const id of p.ids) {
      const [version] = await s.records('dag_versions', sql`SELECT ${columns('dag_versions')} FROM dag_versions WHERE id = ${id}`)
      if (version !== undefined) found.push({ id, version: version.version, rows: gridRows(version.spec) })
    }
    return found
  })
}
