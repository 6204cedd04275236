import type { DagRunState, TaskInstanceState } from '#contract/states.ts'
import type { DagRunRecord, DagRunRow, DagVersionRecord, TaskInstanceRecord } from '../records.ts'
import type { Database, Session } from '../database.ts'
import type { RunFilter, RunStateCounts } from '../filters.ts'
import type { PageOf, PageRequest } from '../store.ts'
import { columns, list, sql, where, type Sql } from '../sql.ts'
import { cursorKey, limitOf, pageOf } from '../page.ts'
import { runKey, type RunKey } from '../grid.ts'
import { afterRun, beforeRun, NEWEST_FIRST } from './runOrder.ts'
import { totalOf } from './reading.ts'

export async function dagRunGet(db: Database, p: { dag_id: string; run_id: string }): Promise<DagRunRecord | null> {
  return db.read((s) => findRun(s, p))
}

async function findRun(s: Session, p: { dag_id: string; run_id: string }): Promise<DagRunRecord | null> {
  const rows = await s.records(
    'dag_runs',
    sql`SELECT ${columns('dag_runs')} FROM dag_runs WHERE dag_id = ${p.dag_id} AND run_id = ${p.run_id}`,
  )
  return rows[0] ?? null
}

/** Runs within a range of ends that are sorted; more are so dense that the walk along their order finds a page of them sooner. */
const SORTED_MAX = 5_000
const SORTED_NEWEST_FIRST = sql`ORDER BY CASE WHEN id > 0 THEN run_after END DESC, id DESC`

export function dagRunList(db: Database, p: PageRequest & RunFilter): Promise<PageOf<DagRunRecord>> {
  return readRuns(db, p, columns('dag_runs'))
}

/** Characters, which both databases count alike. */
const shortConf = (chars_max: number): Sql => sql`CASE WHEN length(CAST(conf AS TEXT)) <= ${chars_max} THEN conf END AS conf`

export async function dagRunRows(db: Database, p: PageRequest & RunFilter & { conf_chars_max: number }): Promise<PageOf<DagRunRow>> {
  const columnsOfRow = sql`${columns('dag_runs', { without: ['conf'] })}, ${shortConf(p.conf_chars_max)}`
  return (await readRuns(db, p, columnsOfRow)) as PageOf<DagRunRow>
}

/** Newest first. Without dates the total comes from kept counters; with dates the indexes of dates and ends are counted. */
function readRuns(db: Database, p: PageRequest & RunFilter, selected: Sql): Promise<PageOf<DagRunRecord>> {
  return db.read(async (s) => {
    const kept = [
      p.dag_id === null ? null : sql`dag_id = ${p.dag_id}`,
      p.state === undefined ? null : sql`state = ${p.state}`,
      p.run_type === undefined ? null : sql`run_type = ${p.run_type}`,
    ]
    const dates = [
      p.logical_date_from === undefined ? null : sql`logical_date >= ${{ time: p.logical_date_from }}`,
      p.logical_date_to === undefined ? null : sql`logical_date <= ${{ time: p.logical_date_to }}`,
      endedWithin(p),
    ]
    const dated = dates.some((condition) => condition !== null)
    const total = await totalOf(
      s,
      dated
        ? sql`SELECT count(*) AS n FROM dag_runs ${where([...kept, ...dates])}`
        : sql`SELECT sum(n) AS n FROM dag_run_counts ${where(kept)}`,
    )
    const before = cursorKey(p, [0, 0] as const)
    // An expression keeps the index of the order out: it would lead through everything that came later.
    const order = p.ended_to !== undefined && total <= SORTED_MAX ? SORTED_NEWEST_FIRST : NEWEST_FIRST
    const rows = await s.records(
      'dag_runs',
      sql`SELECT ${selected} FROM dag_runs ${where([...kept, ...dates, before && beforeRun(before)])} ${order} ${limitOf(p)}`,
    )
    return pageOf(p, rows, total, runKey)
  })
}

/** What goes on ends now: it counts unless the range is over. */
function endedWithin(p: RunFilter): Sql | null {
  const from = p.ended_from === undefined ? null : sql`end_time >= ${{ time: p.ended_from }}`
  const to = p.ended_to === undefined ? null : sql`end_time <= ${{ time: p.ended_to }}`
  if (to !== null) return from === null ? to : sql`${from} AND ${to}`
  if (from === null || p.state === 'success' || p.state === 'failed') return from
  return sql`(${from} OR state IN ('queued', 'running'))`
}

/** Three walks along the index of a DAG's runs, each as long as what it returns. */
export function dagRunSurroundings(
  db: Database,
  p: { dag_id: string; id: number; run_after: number; successes: number },
): Promise<{ previous: DagRunRecord | null; next: DagRunRecord | null; successes: DagRunRecord[] }> {
  return db.read(async (s) => {
    const here: RunKey = [p.run_after, p.id]
    const ofDag = sql`SELECT ${columns('dag_runs')} FROM dag_runs WHERE dag_id = ${p.dag_id}`
    const before = await s.records('dag_runs', sql`${ofDag} AND ${beforeRun(here)} ${NEWEST_FIRST} LIMIT 1`)
    const after = await s.records('dag_runs', sql`${ofDag} AND ${afterRun(here)} ORDER BY run_after, id LIMIT 1`)
    const successes = await s.records(
      'dag_runs',
      sql`${ofDag} AND state = 'success' AND ${beforeRun(here)} ${NEWEST_FIRST} LIMIT ${p.successes}`,
    )
    return { previous: before[0] ?? null, next: after[0] ?? null, successes }
  })
}

/** One short index walk per DAG finds the oldest run to show: a window function would read every run they ever had. */
export function dagRecentRuns(db: Database, p: { dag_ids: string[]; limit: number }): Promise<Map<string, DagRunRecord[]>> {
  return db.read(async (s) => {
    const rows = await s.records(
      'dag_runs',
      sql`WITH edges AS (
          SELECT dag_id, (SELECT r.run_after FROM dag_runs r WHERE r.dag_id = dags.dag_id
            ORDER BY r.run_after DESC, r.id DESC LIMIT 1 OFFSET ${p.limit - 1}) AS since
          FROM dags WHERE dag_id IN ${list(p.dag_ids)})
        SELECT ${columns('dag_runs', { prefix: 'r' })} FROM edges
          JOIN dag_runs r ON r.dag_id = edges.dag_id AND r.run_after >= coalesce(edges.since, ${{ time: 0 }})
        ORDER BY r.dag_id, r.run_after DESC, r.id DESC`,
    )
    // Several may be due at the very moment of the oldest.
    return new Map([...Map.groupBy(rows, (row) => row.dag_id)].map(([dag_id, runs]) => [dag_id, runs.slice(0, p.limit)]))
  })
}

/** From the kept counters. */
export function dagRunStateCounts(db: Database, p: { dag_ids: string[] }): Promise<Map<string, RunStateCounts>> {
  return db.read(async (s) => {
    const rows = await s.rows<{ dag_id: string; state: DagRunState; n: number }>(
      sql`SELECT dag_id, state, sum(n) AS n FROM dag_run_counts WHERE dag_id IN ${list(p.dag_ids)} GROUP BY dag_id, state HAVING sum(n) > 0`,
    )
    const counts = new Map<string, RunStateCounts>()
    for (const { dag_id, state, n } of rows) {
      const of = counts.get(dag_id) ?? { queued: 0, running: 0, success: 0, failed: 0 }
      counts.set(dag_id, { ...of, [state]: Number(n) })
    }
    return counts
  })
}

export function engineRunLoad(
  db: Database,
  p: { dag_id: string; run_id: string },
): Promise<{ run: DagRunRecord; task_instances: TaskInstanceRecord[]; version: DagVersionRecord } | null> {
  return db.read(async (s) => {
    const run = await findRun(s, p)
    if (run === null) return null
    const task_instances = await s.records(
      'task_instances',
      sql`SELECT ${columns('task_instances')} FROM task_instances WHERE dag_run_id = ${run.id} ORDER BY id`,
    )
    const version = (
      await s.records('dag_versions', sql`SELECT ${columns('dag_versions')} FROM dag_versions WHERE id = ${run.dag_version_id}`)
    )[0]
    if (version === undefined) throw new Error(`DAG run ${run.id} points at DAG version ${run.dag_version_id}, which is missing`)
    return { run, task_instances, version }
  })
}

/** Of several runs with the same logical date the newest counts. */
export function previousRunGet(
  db: Database,
  p: { dag_id: string; before_logical_date: number; only_scheduled: boolean },
): Promise<{ run: DagRunRecord; states: { task_id: string; map_index: number; state: TaskInstanceState }[] } | null> {
  return db.read(async (s) => {
    const types = p.only_scheduled ? sql`run_type IN ('scheduled', 'backfill')` : null
    const rows = await s.records(
      'dag_runs',
      sql`SELECT ${columns('dag_runs')} FROM dag_runs
        ${where([sql`dag_id = ${p.dag_id}`, sql`logical_date < ${{ time: p.before_logical_date }}`, types])}
        ORDER BY logical_date DESC, id DESC LIMIT 1`,
    )
    const run = rows[0]
    if (run === undefined) return null
    const states = await s.rows<{ task_id: string; map_index: number; state: TaskInstanceState }>(
      sql`SELECT task_id, map_index, state FROM task_instances WHERE dag_run_id = ${run.id} ORDER BY id`,
    )
    return { run, states }
  })
}

/** Walks back along the index of logical dates: as many rows as runs in a row did not succeed. Of one date the newest run counts. */
export function dagRunLastSuccess(db: Database, p: { dag_id: string; before_logical_date: number | null }): Promise<DagRunRecord | null> {
  return db.read(async (s) => {
    const before = p.before_logical_date === null ? null : sql`logical_date < ${{ time: p.before_logical_date }}`
    const rows = await s.records(
      'dag_runs',
      sql`SELECT ${columns('dag_runs')} FROM dag_runs
        ${where([sql`dag_id = ${p.dag_id}`, sql`logical_date IS NOT NULL`, before, sql`state = 'success'`])}
        ORDER BY logical_date DESC, id DESC LIMIT 1`,
    )
    return rows[0] ?? null
  })
}

/** Both ends included, oldest first. */
export function dagRunsByLogicalDate(db: Database, p: { dag_id: string; from: number; to: number }): Promise<DagRunRecord[]> {
  return db.read((s) =>
    s.records(
      'dag_runs',
      sql`SELECT ${columns('dag_runs')} FROM dag_runs
        WHERE dag_id = ${p.dag_id} AND logical_date >= ${{ time: p.from }} AND logical_date <= ${{ time: p.to }} ORDER BY logical_date, id`,
    ),
  )
}
