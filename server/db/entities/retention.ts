import type { DagRunRecord } from '../records.ts'
import type { Database } from '../database.ts'
import type { EndedRun, UnusedFiles } from '../retention.ts'
import { columns, list, sql } from '../sql.ts'
import { totalOf } from './reading.ts'

/** Ledger entries looked at for those of one DAG. */
const LEDGER_WINDOW = 200

type Neighbours = Pick<EndedRun, 'newer_id' | 'next_run_date' | 'next_success_date'>
/** Columns of a run that retention does not look at; a conf may be large. */
const UNREAD = ['conf', 'note', 'triggered_by', 'state_reason', 'queued_time', 'start_time']

/**
 * Each of the three looks is one probe of an index; that for the next success walks over as many runs as failed in a row. `state || ''`
 * is in no index: SQLite would rather read all runs of a state (0.17 s for 20,000 runs) than go along the order that is asked for (4 ms).
 * PostgreSQL takes 30 ms with the statistics that autovacuum keeps, and seconds without any.
 */
export function dagRunsEnded(
  db: Database,
  p: { before: number; after: { end_time: number; id: number } | null; limit: number },
): Promise<EndedRun[]> {
  return db.read(async (s) => {
    const after = p.after === null ? sql`true` : sql`(end_time, id) > (${{ time: p.after.end_time }}, ${p.after.id})`
    const rows = await s.records(
      'dag_runs',
      sql`SELECT ${columns('dag_runs', { prefix: 'r', without: UNREAD })},
          (SELECT n.id FROM dag_runs n WHERE n.dag_id = r.dag_id AND n.state IN ('success', 'failed')
            AND (n.run_after, n.id) > (r.run_after, r.id) LIMIT 1) AS newer_id,
          (SELECT n.logical_date FROM dag_runs n WHERE n.dag_id = r.dag_id AND n.logical_date > r.logical_date
            AND (r.run_type = 'manual' OR n.run_type <> 'manual') ORDER BY n.logical_date LIMIT 1) AS next_run_date,
          CASE WHEN r.state = 'success' THEN (SELECT n.logical_date FROM dag_runs n WHERE n.dag_id = r.dag_id
            AND n.logical_date > r.logical_date AND (n.state || '') = 'success' ORDER BY n.logical_date LIMIT 1) END AS next_success_date
        FROM (SELECT ${columns('dag_runs', { without: UNREAD })} FROM dag_runs
          WHERE end_time < ${{ time: p.before }} AND ${after} AND (state || '') IN ('success', 'failed')
          ORDER BY end_time, id LIMIT ${p.limit}) r ORDER BY r.end_time, r.id`,
    )
    return (rows as (DagRunRecord & Neighbours)[]).map(
      ({ id, dag_id, run_id, run_type, state, logical_date, end_time, task_counts, newer_id, next_run_date, next_success_date }) => ({
        ...{ id, dag_id, run_id, run_type, state, logical_date, end_time: end_time ?? 0, newer_id, next_run_date, next_success_date },
        task_instances: Object.values(task_counts).reduce((sum, n) => sum + n, 0),
      }),
    )
  })
}

/**
 * One DAG at a time: the engine's commits count entries of many DAGs in an order of their own, and two transactions that each hold
 * one counter and want another's would wait for each other. The newest entry stays, so that its id is not given again.
 */
export function ledgerPrune(db: Database, p: { before: number; limit: number }): Promise<number> {
  return db.write(async (s) => {
    const rows = await s.rows<{ id: number; dag_id: string }>(
      sql`SELECT id, coalesce(dag_id, '') AS dag_id FROM ledger
        WHERE dag_run_id IS NULL AND at < ${{ time: p.before }} AND id < (SELECT max(id) FROM ledger)
        ORDER BY at, id LIMIT ${LEDGER_WINDOW}`,
    )
    const dag_id = rows[0]?.dag_id
    if (dag_id === undefined) return 0
    const ids = rows.filter((row) => row.dag_id === dag_id).map(({ id }) => id)
    const deleted = await s.run(sql`DELETE FROM ledger WHERE id IN ${list(ids.slice(0, p.limit))}`)
    await s.run(sql`UPDATE ledger_counts SET n = n - ${deleted} WHERE dag_id = ${dag_id}`)
    await s.run(sql`DELETE FROM ledger_counts WHERE dag_id = ${dag_id} AND n <= 0`)
    return deleted
  })
}

/**
 * Events stand in the order in which they came, so the first one that is younger ends it. A window of them at a time: what stays (the
 * newest of each asset) would otherwise be looked at again with each batch.
 */
export function assetEventPrune(
  db: Database,
  p: { before: number; after: number; limit: number },
): Promise<{ removed: number; next: number | null }> {
  return db.write(async (s) => {
    const window = await s.records('asset_events', sql`SELECT id, at FROM asset_events WHERE id > ${p.after} ORDER BY id LIMIT ${p.limit}`)
    const old = window.filter(({ at }) => at < p.before).map(({ id }) => id)
    const last = old.at(-1)
    if (last === undefined) return { removed: 0, next: null }
    const queued = await s.records('dags', sql`SELECT queued_asset_events FROM dags WHERE CAST(queued_asset_events AS text) <> '[]'`)
    const kept = new Set(queued.flatMap(({ queued_asset_events }) => queued_asset_events.map(({ id }) => id)))
    const removed = await s.run(
      sql`DELETE FROM asset_events AS e WHERE e.id IN ${list(old.filter((id) => !kept.has(id)))}
        AND EXISTS (SELECT 1 FROM asset_events n WHERE n.uri = e.uri AND n.id > e.id)`,
    )
    return { removed, next: last }
  })
}

export function backfillPrune(db: Database, p: { before: number }): Promise<number> {
  return db.write((s) =>
    s.run(
      sql`DELETE FROM backfills WHERE id = (SELECT id FROM backfills WHERE end_time < ${{ time: p.before }}
        AND state NOT IN ('running', 'paused') AND id < (SELECT max(id) FROM backfills) ORDER BY id LIMIT 1)`,
    ),
  )
}

const UNUSED = sql`NOT EXISTS (SELECT 1 FROM dag_runs r WHERE r.dag_version_id = v.id)
  AND NOT EXISTS (SELECT 1 FROM dags d WHERE d.dag_id = v.dag_id AND d.dag_version_id = v.id)`

/**
 * Counted from when it was replaced, not from when it was made: a leader that has not heard of the newest version yet may still
 * create a run of the one before.
 */
export async function dagVersionsUnused(db: Database, p: { before: number; limit: number }): Promise<number[]> {
  const rows = await db.read((s) =>
    s.rows<{ id: number }>(
      sql`SELECT v.id FROM dag_versions v WHERE ${UNUSED}
        AND EXISTS (SELECT 1 FROM dag_versions n WHERE n.dag_id = v.dag_id AND n.version > v.version AND n.created_at < ${{ time: p.before }})
        ORDER BY v.id LIMIT ${p.limit}`,
    ),
  )
  return rows.map(({ id }) => id)
}

export function dagVersionsDelete(db: Database, p: { ids: number[] }): Promise<number> {
  return db.write((s) => s.run(sql`DELETE FROM dag_versions AS v WHERE v.id IN ${list(p.ids)} AND ${UNUSED}`), { lock: 'dag_files' })
}

export function filesUnused(db: Database, p: { limit: number }): Promise<UnusedFiles> {
  return db.read(async (s) => {
    const bundles = await s.rows<{ hash: string }>(
      sql`SELECT hash FROM bundles WHERE hash NOT IN (SELECT bundle_hash FROM dag_versions) LIMIT ${p.limit}`,
    )
    const blobs = await s.rows<{ sha256: string }>(
      sql`SELECT sha256 FROM blobs WHERE sha256 NOT IN (${s.dialect.bundleContents(sql`bundles`)}) LIMIT ${p.limit}`,
    )
    return {
      bundles: bundles.map(({ hash }) => hash),
      blobs: blobs.map(({ sha256 }) => sha256),
      newest_version: await totalOf(s, sql`SELECT max(id) AS n FROM dag_versions`),
    }
  })
}

/** Versions get their ids under the same lock, so one that was stored since the rows were found has a larger one. */
export function filesDelete(db: Database, p: UnusedFiles): Promise<number> {
  return db.write(
    async (s) => {
      const since = sql`SELECT bundle_hash FROM dag_versions WHERE id > ${p.newest_version}`
      const bundles = await s.run(sql`DELETE FROM bundles WHERE hash IN ${list(p.bundles)} AND hash NOT IN (${since})`)
      const used = s.dialect.bundleContents(sql`(SELECT files FROM bundles WHERE hash IN (${since}))`)
      return bundles + (await s.run(sql`DELETE FROM blobs WHERE sha256 IN ${list(p.blobs)} AND sha256 NOT IN (${used})`))
    },
    { lock: 'dag_files' },
  )
}
