/**
 * The timeline of all DAGs. Its cost follows the DAGs of the page and the runs that they have in the window, never the length of their
 * history: each DAG is one short walk along the index of starts.
 */
import type { DagRunState } from '#contract/states.ts'
import type { Database, Session } from '../database.ts'
import type { HomeStore, Timeline, TimelineBlock, TimelineRun } from '../home.ts'
import { list, sql, where } from '../sql.ts'
import { dagConditions } from './dagFilter.ts'
import { totalOf } from './reading.ts'

type Window = Parameters<HomeStore['timelineRead']>[0]

/** Runs before the window that may still go on in it: as many as a DAG has at once by default. */
const RUNS_BEFORE = 16
/** Queued runs of one page of DAGs; they have no start yet, and a flood of them tells nothing more. */
const QUEUED_MAX = 500

export function timelineRead(db: Database, p: Window): Promise<Timeline> {
  return db.read(async (s) => {
    const filter = dagConditions(s, p)
    const [from, to] = [{ time: p.from }, { time: p.to }]
    // The run that started last before the window's end ended in it or goes on: then the DAG has something to show.
    const lastEnd = sql`(SELECT coalesce(r.end_time, ${from}) FROM dag_runs r WHERE r.dag_id = dags.dag_id AND r.start_time < ${to} ORDER BY r.start_time DESC LIMIT 1)`
    const isGoingOn = p.is_now ? sql`OR dags.dag_id IN (SELECT dag_id FROM dag_runs WHERE state IN ('queued', 'running'))` : sql``
    const dags = await s.records(
      'dags',
      sql`SELECT dag_id, dag_display_name, timezone, is_paused, next_run_after FROM dags ${where(filter)}
        ORDER BY CASE WHEN ${lastEnd} >= ${from} ${isGoingOn} THEN 0
          WHEN is_paused = ${false} AND next_run_after < ${to} AND next_run_after >= ${from} THEN 1 ELSE 2 END, dag_id
        LIMIT ${p.limit} OFFSET ${p.offset}`,
    )
    const total = await totalOf(s, sql`SELECT count(*) AS n FROM dags ${where(filter)}`)
    const counts = await runCounts(
      s,
      p,
      dags.map(({ dag_id }) => dag_id),
    )
    const few = counts.filter(({ n }) => n <= p.runs_max)
    const many = counts.filter(({ n }) => n > p.runs_max).map(({ dag_id }) => dag_id)
    return {
      dags,
      total,
      runs: await runsOf(
        s,
        p,
        few.map(({ dag_id }) => dag_id),
      ),
      blocks: await blocksOf(s, p, many),
    }
  })
}

async function runCounts(s: Session, p: Window, dag_ids: string[]): Promise<{ dag_id: string; n: number }[]> {
  const rows = await s.rows<{ dag_id: string; n: number }>(
    sql`SELECT dag_id, (SELECT count(*) FROM dag_runs r WHERE r.dag_id = dags.dag_id AND r.start_time >= ${{ time: p.from }} AND r.start_time < ${{ time: p.to }}) AS n
      FROM dags WHERE dag_id IN ${list(dag_ids)}`,
  )
  return rows.map(({ dag_id, n }) => ({ dag_id, n: Number(n) }))
}

async function runsOf(s: Session, p: Window, dag_ids: string[]): Promise<TimelineRun[]> {
  if (dag_ids.length === 0) return []
  const [from, to] = [{ time: p.from }, { time: p.to }]
  const started = await s.records(
    'dag_runs',
    sql`WITH edges AS (
        SELECT dag_id, (SELECT r.start_time FROM dag_runs r WHERE r.dag_id = dags.dag_id AND r.start_time < ${from}
          ORDER BY r.start_time DESC LIMIT 1 OFFSET ${RUNS_BEFORE - 1}) AS first_start
        FROM dags WHERE dag_id IN ${list(dag_ids)})
      SELECT r.dag_id, r.run_id, r.state, r.start_time, r.end_time, r.queued_time
      FROM edges JOIN dag_runs r ON r.dag_id = edges.dag_id AND r.start_time < ${to} AND r.start_time >= coalesce(edges.first_start, ${{ time: 0 }})
      WHERE r.end_time >= ${from} OR r.end_time IS NULL
      ORDER BY r.dag_id, r.start_time`,
  )
  if (!p.is_now) return started
  const queued = await s.records(
    'dag_runs',
    sql`SELECT dag_id, run_id, state, start_time, end_time, queued_time FROM dag_runs
      WHERE dag_id IN ${list(dag_ids)} AND state = 'queued' AND start_time IS NULL ORDER BY dag_id, id LIMIT ${QUEUED_MAX}`,
  )
  return [...started, ...queued]
}

async function blocksOf(s: Session, p: Window, dag_ids: string[]): Promise<TimelineBlock[]> {
  if (dag_ids.length === 0) return []
  const sinceFrom = (column: 'start_time' | 'end_time') =>
    s.dialect.elapsedMs(sql`${s.dialect.instant(p.from)}`, column === 'start_time' ? sql`start_time` : sql`end_time`)
  const rows = await s.rows<{ dag_id: string; state: DagRunState; n: number; first: number; last: number | null; unended: number }>(
    sql`SELECT dag_id, state, count(*) AS n, min(${sinceFrom('start_time')}) AS first, max(${sinceFrom('end_time')}) AS last,
        sum(CASE WHEN end_time IS NULL THEN 1 ELSE 0 END) AS unended
      FROM dag_runs WHERE dag_id IN ${list(dag_ids)} AND start_time >= ${{ time: p.from }} AND start_time < ${{ time: p.to }}
      GROUP BY dag_id, CAST(${sinceFrom('start_time')} / ${p.block_ms} AS bigint), state ORDER BY dag_id, first`,
  )
  return rows.map((row) => ({
    dag_id: row.dag_id,
    state: row.state,
    n: Number(row.n),
    start: p.from + Number(row.first),
    end: row.last === null || Number(row.unended) > 0 ? null : p.from + Number(row.last),
  }))
}
