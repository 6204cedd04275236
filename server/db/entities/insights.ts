/** Reads behind Gantt, calendar, durations, audit log and the progress of backfills. Each is bounded by its page or its range. */
import type { AttemptState, DagRunState } from '#contract/states.ts'
import type { BackfillIntervalRecord, NamedLedgerRecord } from '../records.ts'
import type { Database } from '../database.ts'
import type { PageOf, PageRequest } from '../store.ts'
import { columns, EMPTY, list, sql, Sql, where } from '../sql.ts'
import { cursorKey, limitOf, pageOf } from '../page.ts'
import { totalOf, withNames } from './reading.ts'

interface AttemptSpanRow {
  task_instance_id: number
  task_id: string
  map_index: number
  attempt: number
  state: AttemptState
  queued_time: number
  start_time: number | null
  end_time: number | null
}

/** Ended at their first attempt: their own rows hold its times. */
const TOLD_BY_INSTANCE = sql`t.try_number = 1 AND t.state IN ('success', 'failed', 'skipped', 'upstream_failed', 'removed')`

/** In the order of task instances and attempts. */
export function attemptSpanList(db: Database, p: PageRequest & { dag_run_id: number }): Promise<PageOf<AttemptSpanRow>> {
  return db.read(async (s) => {
    const after = cursorKey(p, [0, 0] as const)
    const scope = [sql`t.dag_run_id = ${p.dag_run_id}`, sql`t.try_number > 0`, sql`NOT (${TOLD_BY_INSTANCE})`]
    const further = after && sql`(t.id > ${after[0]} OR (t.id = ${after[0]} AND a.attempt > ${after[1]}))`
    const from = sql`FROM task_instances t JOIN attempts a ON a.task_instance_id = t.id`
    const rows = await s.rows<AttemptSpanRow>(
      sql`SELECT t.id AS task_instance_id, t.task_id, t.map_index, a.attempt, a.state, a.queued_time, a.start_time, a.end_time
        ${from} ${where([...scope, further])} ORDER BY t.id, a.attempt ${limitOf(p)}`,
    )
    const total = await totalOf(s, sql`SELECT count(*) AS n ${from} ${where(scope)}`)
    return pageOf(p, rows, total, (row) => [row.task_instance_id, row.attempt])
  })
}

/** The number of the bucket that `column` lies in; `edges` are sorted. A tree of comparisons: ten for a year of days, not 365. */
function bucketOf(column: Sql, edges: readonly number[], first = 0): Sql {
  const middle = Math.floor(edges.length / 2)
  const edge = edges[middle]
  if (edge === undefined) return new Sql([String(first)], [])
  return sql`CASE WHEN ${column} < ${{ time: edge }} THEN ${bucketOf(column, edges.slice(0, middle), first)} ELSE ${bucketOf(column, edges.slice(middle + 1), first + middle + 1)} END`
}

/** Runs by state in each of the stretches between two edges, by logical date, or by when they could start if they have none. Empty ones are absent. */
export function dagRunCountsByDate(
  db: Database,
  p: { dag_id: string; edges: number[] },
): Promise<{ bucket: number; state: DagRunState; n: number }[]> {
  const [first, last] = [p.edges[0], p.edges.at(-1)]
  if (first === undefined || last === undefined || p.edges.length < 2) return Promise.resolve([])
  const part = (date: Sql, which: Sql) => sql`SELECT ${bucketOf(date, p.edges.slice(1, -1))} AS bucket, state FROM dag_runs
    WHERE dag_id = ${p.dag_id} AND ${which} AND ${date} >= ${{ time: first }} AND ${date} < ${{ time: last }}`
  return db.read(async (s) => {
    const rows = await s.rows<{ bucket: number; state: DagRunState; n: number }>(
      sql`SELECT bucket, state, count(*) AS n FROM (
          ${part(sql`logical_date`, sql`logical_date IS NOT NULL`)} UNION ALL ${part(sql`run_after`, sql`logical_date IS NULL`)}) AS dated
        GROUP BY bucket, state ORDER BY bucket, state`,
    )
    return rows.map((row) => ({ ...row, bucket: Number(row.bucket), n: Number(row.n) }))
  })
}

/** What has only been decided (skipped, upstream_failed) has both times too, with nothing between them. */
const RAN = sql`start_time IS NOT NULL AND end_time IS NOT NULL AND state IN ('success', 'failed')`

/** Tasks that took longest on average over these runs; of the instances of a mapped task the longest in each run counts. */
export function taskDurationRanking(
  db: Database,
  p: { dag_run_ids: number[]; limit: number },
): Promise<{ task_id: string; mean_ms: number }[]> {
  return db.read(async (s) => {
    const rows = await s.rows<{ task_id: string; mean_ms: number }>(
      sql`SELECT task_id, sum(ms) / count(*) AS mean_ms FROM (
          SELECT task_id, dag_run_id, max(${s.dialect.elapsedMs(sql`start_time`, sql`end_time`)}) AS ms FROM task_instances
          WHERE dag_run_id IN ${list(p.dag_run_ids)} AND ${RAN}
          GROUP BY task_id, dag_run_id) AS longest
        GROUP BY task_id ORDER BY mean_ms DESC, task_id LIMIT ${p.limit}`,
    )
    return rows.map((row) => ({ ...row, mean_ms: Number(row.mean_ms) }))
  })
}

/** How long these tasks took in these runs; what has not ended is absent. */
export function taskDurationPoints(
  db: Database,
  p: { dag_run_ids: number[]; task_ids: string[] },
): Promise<{ dag_run_id: number; task_id: string; ms: number }[]> {
  return db.read(async (s) => {
    const rows = await s.rows<{ dag_run_id: number; task_id: string; ms: number }>(
      sql`SELECT dag_run_id, task_id, max(${s.dialect.elapsedMs(sql`start_time`, sql`end_time`)}) AS ms FROM task_instances
        WHERE dag_run_id IN ${list(p.dag_run_ids)} AND task_id IN ${list(p.task_ids)} AND ${RAN}
        GROUP BY dag_run_id, task_id`,
    )
    return rows.map((row) => ({ ...row, ms: Number(row.ms) }))
  })
}

interface VersionRunsRow {
  version: number
  runs: number
  first_run_id: string | null
  last_run_id: string | null
}

/** Newest version first. Each version's runs are an unbroken part of one index. */
export function dagVersionRunList(db: Database, p: PageRequest & { dag_id: string }): Promise<PageOf<VersionRunsRow>> {
  return db.read(async (s) => {
    const scope = sql`v.dag_id = ${p.dag_id}`
    const before = cursorKey(p, [0] as const)
    const nth = (order: Sql) => sql`(SELECT r.run_id FROM dag_runs r WHERE r.dag_version_id = v.id ORDER BY r.id ${order} LIMIT 1)`
    const rows = await s.rows<VersionRunsRow>(
      sql`SELECT v.version, (SELECT count(*) FROM dag_runs r WHERE r.dag_version_id = v.id) AS runs,
          ${nth(EMPTY)} AS first_run_id, ${nth(sql`DESC`)} AS last_run_id
        FROM dag_versions v ${where([scope, before && sql`v.version < ${before[0]}`])} ORDER BY v.version DESC ${limitOf(p)}`,
    )
    const total = await totalOf(s, sql`SELECT count(*) AS n FROM dag_versions v WHERE ${scope}`)
    return pageOf(
      p,
      rows.map((row) => ({ ...row, runs: Number(row.runs) })),
      total,
      (row) => [row.version],
    )
  })
}

type BackfillRunRow = BackfillIntervalRecord & { state: DagRunState | null; start_time: number | null; end_time: number | null }

/** In the order in which they run. */
export function backfillRunList(db: Database, p: PageRequest & { backfill_id: number }): Promise<PageOf<BackfillRunRow>> {
  return db.read(async (s) => {
    const scope = sql`i.backfill_id = ${p.backfill_id}`
    const after = cursorKey(p, [0] as const)
    const rows = await s.rows<BackfillRunRow>(
      sql`SELECT ${columns('backfill_intervals', { prefix: 'i' })}, r.state, r.start_time, r.end_time
        FROM backfill_intervals i LEFT JOIN dag_runs r ON r.id = i.dag_run_id
        ${where([scope, after && sql`i.ordinal > ${after[0]}`])} ORDER BY i.ordinal ${limitOf(p)}`,
    )
    const total = await totalOf(s, sql`SELECT count(*) AS n FROM backfill_intervals i WHERE ${scope}`)
    return pageOf(p, rows, total, (row) => [row.ordinal])
  })
}

/** What people did, as the engine writes it down; the index ledger_by_people holds exactly these entries. */
const BY_PEOPLE = sql`cause IN ('user', 'cleared', 'marked', 'cancelled', 'new_version') AND actor <> 'scheduler'`
/** Entries that one search walks at most: about 20 ms. A rare kind is then found over several pages rather than in one long one. */
const LEDGER_WALK = 20_000

interface LedgerSearch {
  dag_id: string
  limit: number
  cursor?: string | undefined
  origin?: 'people' | 'engine' | undefined
  kind?: string | undefined
  actor?: string | undefined
}

/** Newest first. `searched_until`: where the walk stopped for its limit; null = at the beginning, or the page is full. */
export function ledgerSearch(
  db: Database,
  p: LedgerSearch,
): Promise<{ data: NamedLedgerRecord[]; next_cursor: string | null; searched_until: number | null }> {
  return db.read(async (s) => {
    const before = cursorKey({ ...p, offset: 0 }, [0] as const)
    const walked = [sql`dag_id = ${p.dag_id}`, before && sql`id < ${before[0]}`, p.origin === 'people' ? BY_PEOPLE : null]
    const [floor] = await s.rows<{ id: number; at: number }>(
      sql`SELECT id, at FROM ledger ${where(walked)} ORDER BY id DESC LIMIT 1 OFFSET ${LEDGER_WALK}`,
    )
    const wanted = [
      floor === undefined ? null : sql`id > ${floor.id}`,
      p.origin === 'engine' ? sql`NOT (${BY_PEOPLE})` : null,
      p.kind === undefined ? null : sql`kind = ${p.kind}`,
      p.actor === undefined ? null : sql`actor = ${p.actor}`,
    ]
    const rows = await s.records(
      'ledger',
      sql`SELECT ${columns('ledger')} FROM ledger ${where([...walked, ...wanted])} ORDER BY id DESC LIMIT ${p.limit + 1}`,
    )
    const page = pageOf({ limit: p.limit, offset: 0 }, await withNames(s, rows), 0, (row) => [row.id])
    if (page.next_cursor !== null || floor === undefined) return { data: page.data, next_cursor: page.next_cursor, searched_until: null }
    // The entry at the floor itself has not been looked at.
    const next_cursor = Buffer.from(JSON.stringify([floor.id + 1])).toString('base64url')
    return { data: page.data, next_cursor, searched_until: floor.at }
  })
}
