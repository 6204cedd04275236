/** Reading assets: those that DAGs name and those that events are of (db/assets.ts). */
import type { DagRunState } from '#contract/states.ts'
import type { AssetEventWithRun, AssetRow, AssetUserRow, AssetUsers } from '../assets.ts'
import type { AssetEventRecord } from '../records.ts'
import type { Database, Session } from '../database.ts'
import type { PageOf, PageRequest } from '../store.ts'
import { columns, join, list, sql, where, type Sql } from '../sql.ts'
import { cursorKey, pageOf } from '../page.ts'
import { contains } from './reading.ts'

/** URIs that are known only from events, as of files that a loop adds through an alias; a list of more serves nobody. */
const KNOWN_FROM_EVENTS_MAX = 20_000
/** Tasks and DAGs that the page of one asset shows. */
const USES_MAX = 500
/** Newest events of an asset that tell through which aliases, and by whom, it is updated. */
const RECENT_EVENTS = 500

/** The newest events of an asset or of an alias, newest first. Null = whatever it is. */
export function assetEventList(
  db: Database,
  p: { name: string | null; uri: string | null; alias: string | null; limit: number },
): Promise<AssetEventRecord[]> {
  const { name, uri, alias } = p
  const scope = [
    name === null ? null : sql`name = ${name}`,
    uri === null ? null : sql`uri = ${uri}`,
    alias === null ? null : sql`alias = ${alias}`,
  ]
  return db.read((s) =>
    s.records('asset_events', sql`SELECT ${columns('asset_events')} FROM asset_events ${where(scope)} ORDER BY id DESC LIMIT ${p.limit}`),
  )
}

/** Every use of an asset or alias by a DAG that a file defines, one row each. */
function usesOf(s: Session): Sql {
  const field = (name: string): Sql => s.dialect.jsonText(sql`item.value`, name)
  return sql`SELECT d.dag_id, ${field('as')} AS used_as, ${field('task_id')} AS task_id, ${field('type')} AS ref_type,
      ${field('name')} AS name, ${field('uri')} AS uri, ${field('group')} AS asset_group
    FROM dags d, ${s.dialect.jsonObjectItems(sql`d.asset_uses`)} WHERE d.is_stale = ${false}`
}

/** What is named by a name alone has the URI that another DAG gives the name, else that of its newest event, else it is its name. */
const RESOLVED = sql`SELECT u.dag_id, u.used_as, u.task_id, u.name, u.asset_group,
    coalesce(u.uri, k.uri, CASE WHEN u.uri IS NULL THEN (SELECT e.uri FROM asset_events e WHERE e.name = u.name ORDER BY e.id DESC LIMIT 1) END,
      u.name) AS uri
  FROM uses u LEFT JOIN (SELECT name, min(uri) AS uri FROM uses WHERE uri IS NOT NULL AND name <> uri GROUP BY name) k
    ON u.uri IS NULL AND k.name = u.name
  WHERE u.ref_type = 'asset'`

/** The distinct URIs of events by one probe of the index each: counting through all events would take seconds for millions of them. */
const SEEN = sql`SELECT min(uri), 1 FROM asset_events
  UNION ALL SELECT (SELECT min(e.uri) FROM asset_events e WHERE e.uri > seen.uri), seen.n + 1
    FROM seen WHERE seen.uri IS NOT NULL AND seen.n < ${KNOWN_FROM_EVENTS_MAX}`

/** A reference by URI has the URI for a name; whoever defines the asset knows better. */
const NAMED = sql`SELECT uri, coalesce(min(CASE WHEN name <> uri THEN name END), uri) AS name, max(asset_group) AS asset_group,
    count(DISTINCT CASE WHEN used_as = 'outlet' THEN dag_id || ' ' || task_id END) AS producers,
    count(DISTINCT CASE WHEN used_as = 'schedule' THEN dag_id END) AS consumers,
    count(DISTINCT CASE WHEN used_as = 'inlet' THEN dag_id || ' ' || task_id END) AS readers
  FROM resolved GROUP BY uri`

type ListRow = Omit<AssetRow, 'newest'> & { total: number; newest_id: number | null }

export function assetList(db: Database, p: Pick<PageRequest, 'limit' | 'offset'> & { search?: string }): Promise<PageOf<AssetRow>> {
  return db.read(async (s) => {
    const { search } = p
    const order = sql`${s.dialect.byBytes(sql`name`)}, ${s.dialect.byBytes(sql`uri`)}`
    const filter =
      search === undefined
        ? null
        : sql`(${join(
            [sql`name`, sql`uri`, sql`asset_group`].map((column) => contains(column, search)),
            ' OR ',
          )})`
    const rows = await s.rows<ListRow>(
      sql`WITH RECURSIVE seen (uri, n) AS (${SEEN}), uses AS MATERIALIZED (${usesOf(s)}), resolved AS MATERIALIZED (${RESOLVED}),
        named AS MATERIALIZED (${NAMED}),
        assets AS (SELECT * FROM named UNION ALL
          SELECT e.uri, e.name, e.asset_group, 0, 0, 0 FROM seen JOIN asset_events e
            ON e.id = (SELECT max(n.id) FROM asset_events n WHERE n.uri = seen.uri)
            WHERE seen.uri NOT IN (SELECT uri FROM named)),
        matching AS (SELECT assets.*, count(*) OVER () AS total FROM assets ${where([filter])})
        SELECT m.*, (SELECT max(e.id) FROM asset_events e WHERE e.uri = m.uri) AS newest_id FROM
          (SELECT * FROM matching ORDER BY ${order} LIMIT ${p.limit} OFFSET ${p.offset}) m ORDER BY ${order}`,
    )
    const events = await eventsWithRun(s, sql`e.id IN ${list(rows.flatMap(({ newest_id }) => newest_id ?? []).map(Number))}`, rows.length)
    const newest = new Map(events.map((event) => [event.uri, event]))
    const data = rows.map((row) => ({
      ...{ uri: row.uri, name: row.name, asset_group: row.asset_group, newest: newest.get(row.uri) ?? null },
      ...{ producers: Number(row.producers), consumers: Number(row.consumers), readers: Number(row.readers) },
    }))
    return { data, total: Number(rows[0]?.total ?? 0), next_cursor: null }
  })
}

export function assetUsersGet(db: Database, p: { uri: string }): Promise<AssetUsers | null> {
  return db.read(async (s) => {
    const recent = await eventsWithRun(s, sql`e.uri = ${p.uri}`, RECENT_EVENTS)
    const aliases = [...new Set(recent.flatMap(({ alias }) => alias ?? []))].sort()
    const rows = await s.rows<Omit<AssetUserRow, 'queued' | 'queued_at'>>(
      sql`WITH uses AS MATERIALIZED (${usesOf(s)}), resolved AS MATERIALIZED (${RESOLVED}),
        wanted AS (
          SELECT dag_id, used_as, task_id, name, asset_group, NULL AS alias FROM resolved WHERE uri = ${p.uri}
          UNION ALL SELECT dag_id, used_as, task_id, name, '', name FROM uses WHERE ref_type = 'alias' AND name IN ${list(aliases)})
        SELECT w.*, d.dag_display_name, d.is_paused, d.asset_schedule FROM wanted w JOIN dags d ON d.dag_id = w.dag_id
        ORDER BY w.dag_id, w.task_id LIMIT ${USES_MAX + 1}`,
    )
    const own = rows.filter(({ alias }) => alias === null)
    const [newest] = recent
    if (own.length === 0 && newest === undefined) return null
    const uses = rows.slice(0, USES_MAX).filter((use) => use.alias === null || use.used_as !== 'outlet' || isSource(recent, use))
    const queued = await queuedEvents(s, p.uri, uses)
    return {
      name:
        own
          .map(({ name }) => name)
          .sort()
          .find((name) => name !== p.uri) ??
        newest?.name ??
        p.uri,
      asset_group: own.map(({ asset_group }) => asset_group).find((group) => group !== '') ?? newest?.asset_group ?? '',
      uses: uses.map((use) => ({
        ...use,
        is_paused: Boolean(use.is_paused),
        ...(queued.get(use.dag_id) ?? { queued: 0, queued_at: null }),
      })),
      is_cut: rows.length > USES_MAX,
      newest: newest ?? null,
      aliases,
    }
  })
}

/** An alias stands for many assets: of those who name it as an outlet, only who lately updated this one by it. */
function isSource(recent: readonly AssetEventRecord[], use: Pick<AssetUserRow, 'dag_id' | 'task_id' | 'alias'>): boolean {
  return recent.some((e) => e.alias === use.alias && e.source_dag_id === use.dag_id && e.source_task_id === use.task_id)
}

async function queuedEvents(
  s: Session,
  uri: string,
  uses: readonly Pick<AssetUserRow, 'dag_id' | 'used_as'>[],
): Promise<Map<string, { queued: number; queued_at: number | null }>> {
  const dag_ids = [...new Set(uses.flatMap(({ dag_id, used_as }) => (used_as === 'schedule' ? dag_id : [])))]
  const field = (name: string): Sql => s.dialect.jsonText(sql`item.value`, name)
  const rows = await s.rows<{ dag_id: string; queued: number; queued_at: number }>(
    sql`SELECT d.dag_id, count(*) AS queued, max(CAST(${field('at')} AS bigint)) AS queued_at
      FROM dags d, ${s.dialect.jsonObjectItems(sql`d.queued_asset_events`)}
      WHERE d.dag_id IN ${list(dag_ids)} AND ${field('uri')} = ${uri} GROUP BY d.dag_id`,
  )
  return new Map(rows.map(({ dag_id, queued, queued_at }) => [dag_id, { queued: Number(queued), queued_at: Number(queued_at) }]))
}

export function assetEventPage(
  db: Database,
  p: { uri: string; limit: number; cursor?: string | undefined },
): Promise<{ data: AssetEventWithRun[]; next_cursor: string | null }> {
  return db.read(async (s) => {
    const request = { limit: p.limit, offset: 0, cursor: p.cursor }
    const before = cursorKey(request, [0] as const)
    const scope = before === null ? sql`e.uri = ${p.uri}` : sql`e.uri = ${p.uri} AND e.id < ${before[0]}`
    const { data, next_cursor } = pageOf(request, await eventsWithRun(s, scope, p.limit + 1), 0, (event) => [event.id])
    return { data, next_cursor }
  })
}

export async function dagRunStates(db: Database, p: { runs: { dag_id: string; run_id: string }[] }): Promise<Map<string, DagRunState>> {
  if (p.runs.length === 0) return new Map()
  const keys = p.runs.map(({ dag_id, run_id }) => sql`(${dag_id}, ${run_id})`)
  const rows = await db.read((s) =>
    s.rows<{ dag_id: string; run_id: string; state: DagRunState }>(
      sql`SELECT dag_id, run_id, state FROM dag_runs WHERE (dag_id, run_id) IN (VALUES ${join(keys, ', ')})`,
    ),
  )
  return new Map(rows.map(({ dag_id, run_id, state }) => [`${dag_id}\n${run_id}`, state]))
}

/** Newest first, with what became of the run that each came from. */
async function eventsWithRun(s: Session, scope: Sql, limit: number): Promise<AssetEventWithRun[]> {
  const rows = await s.records(
    'asset_events',
    sql`SELECT ${columns('asset_events', { prefix: 'e' })}, r.state AS source_run_state FROM asset_events e
      LEFT JOIN dag_runs r ON r.dag_id = e.source_dag_id AND r.run_id = e.source_run_id WHERE ${scope} ORDER BY e.id DESC LIMIT ${limit}`,
  )
  return rows as AssetEventWithRun[]
}
