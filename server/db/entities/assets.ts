/** Reading assets: those that DAGs name and those that events are of (db/assets.ts). */
import type { AssetUse } from '#contract/asset.ts'
import type { DagRunState } from '#contract/states.ts'
import type { AssetEventWithRun, AssetRow, AssetUserRow, AssetUsers } from '../assets.ts'
import type { AssetEventRecord, DagRecord } from '../records.ts'
import type { Database, Session } from '../database.ts'
import type { PageOf, PageRequest } from '../store.ts'
import { columns, join, list, sql, where, type Sql } from '../sql.ts'
import { cursorKey, pageOf } from '../page.ts'
import { namedAssets, unresolvedNames } from './assetUses.ts'

/** URIs that are known only from events, as of files that a loop adds through an alias; a list of more serves nobody. */
const KNOWN_FROM_EVENTS_MAX = 20_000
/** Tasks and DAGs that the page of one asset shows. */
const USES_MAX = 500
/** References by a name that no DAG gives a URI: each is a look of its own. */
const UNRESOLVED_MAX = 200
/** Aliases through which one asset comes. */
const ALIASES_MAX = 50
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

/** Of DAGs that files define. Their rows are some hundred bytes each. */
const NAMING = sql`SELECT dag_id, asset_uses FROM dags WHERE is_stale = ${false} AND CAST(asset_uses AS text) <> '[]' ORDER BY dag_id`

/** The distinct URIs of events by one probe of the index each: counting through all events would take seconds for millions of them. */
const SEEN = sql`WITH RECURSIVE seen (uri, n) AS (
    SELECT min(uri), 1 FROM asset_events
    UNION ALL SELECT (SELECT min(e.uri) FROM asset_events e WHERE e.uri > seen.uri), seen.n + 1
      FROM seen WHERE seen.uri IS NOT NULL AND seen.n < ${KNOWN_FROM_EVENTS_MAX})
  SELECT e.id, e.uri, e.name, e.asset_group FROM seen JOIN asset_events e ON e.id = (SELECT max(n.id) FROM asset_events n WHERE n.uri = seen.uri)`

export function assetList(db: Database, p: Pick<PageRequest, 'limit' | 'offset'> & { search?: string }): Promise<PageOf<AssetRow>> {
  return db.read(async (s) => {
    const dags = await s.records('dags', NAMING)
    const seen = await s.records('asset_events', SEEN)
    const assets = namedAssets(dags, await newestUris(s, unresolvedNames(dags)))
    for (const { uri, name, asset_group } of seen)
      if (!assets.has(uri)) assets.set(uri, { uri, name, asset_group, producers: 0, consumers: 0, readers: 0 })
    const wanted = p.search?.toLowerCase()
    const matching = [...assets.values()].filter(
      ({ uri, name, asset_group }) => wanted === undefined || [name, uri, asset_group].some((text) => text.toLowerCase().includes(wanted)),
    )
    matching.sort((a, b) => inOrder(a.name, b.name) || inOrder(a.uri, b.uri))
    const page = matching.slice(p.offset, p.offset + p.limit)
    const ids = new Map(seen.map(({ id, uri }) => [uri, id]))
    const events = await eventsWithRun(s, sql`e.id IN ${list(page.flatMap(({ uri }) => ids.get(uri) ?? []))}`, page.length)
    const newest = new Map(events.map((event) => [event.uri, event]))
    const data = page.map((asset) => ({ ...asset, newest: newest.get(asset.uri) ?? null }))
    return { data, total: matching.length, next_cursor: null }
  })
}

const inOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** An asset that is only ever referred to by its name has the URI of its newest event; without one the name stands for it. */
async function newestUris(s: Session, names: readonly string[]): Promise<(name: string) => string> {
  const uris = new Map<string, string>()
  for (const name of names.slice(0, UNRESOLVED_MAX)) {
    const [row] = await s.rows<{ uri: string }>(sql`SELECT uri FROM asset_events WHERE name = ${name} ORDER BY id DESC LIMIT 1`)
    if (row !== undefined) uris.set(name, row.uri)
  }
  return (name) => uris.get(name) ?? name
}

type UsingDag = Pick<DagRecord, 'dag_id' | 'dag_display_name' | 'is_paused' | 'asset_schedule' | 'asset_uses'>

/** DAGs in whose uses one of these pieces of JSON stands. */
function dagsNaming(s: Session, fragments: readonly string[]): Promise<UsingDag[]> {
  const holds = fragments.map((text) => {
    const pattern = `%${text.replace(/[\\%_]/g, (character) => `\\${character}`)}%`
    return sql`CAST(asset_uses AS text) LIKE ${pattern} ESCAPE '\\'`
  })
  return s.records(
    'dags',
    sql`SELECT dag_id, dag_display_name, is_paused, asset_schedule, asset_uses FROM dags
      WHERE is_stale = ${false} AND (${join(holds, ' OR ')}) ORDER BY dag_id LIMIT ${USES_MAX + 1}`,
  )
}

export function assetUsersGet(db: Database, p: { uri: string }): Promise<AssetUsers | null> {
  return db.read(async (s) => {
    const recent = await eventsWithRun(s, sql`e.uri = ${p.uri}`, RECENT_EVENTS)
    const [newest] = recent
    const aliases = [...new Set(recent.flatMap(({ alias }) => alias ?? []))].sort().slice(0, ALIASES_MAX)
    const byUri = await dagsNaming(s, [`"uri":${JSON.stringify(p.uri)}`])
    const own = byUri.flatMap(({ asset_uses }) => asset_uses.filter(({ uri }) => uri === p.uri))
    // Where it is referred to by name alone.
    const names = new Set([p.uri, ...own.map(({ name }) => name), ...(newest === undefined ? [] : [newest.name])])
    const fragments = [
      ...[...names].map((name) => `"type":"asset","name":${JSON.stringify(name)},"uri":null`),
      ...aliases.map((name) => `"type":"alias","name":${JSON.stringify(name)},"uri":null`),
    ]
    const dags = new Map([...byUri, ...(await dagsNaming(s, fragments))].map((dag) => [dag.dag_id, dag]))
    const isMeant = (use: AssetUse): boolean =>
      use.type === 'alias' ? aliases.includes(use.name) : use.uri === null ? names.has(use.name) : use.uri === p.uri
    const all = [...dags.values()].flatMap(({ asset_uses, ...dag }) => asset_uses.filter(isMeant).map((use) => userOf(dag, use)))
    if (newest === undefined && all.every(({ alias }) => alias !== null)) return null
    const uses = all.filter((use) => use.alias === null || use.used_as !== 'outlet' || isSource(recent, use)).slice(0, USES_MAX)
    const queued = await queuedEvents(s, p.uri, uses)
    return {
      name: [...names].filter((name) => name !== p.uri).sort()[0] ?? p.uri,
      asset_group: own.find(({ group }) => group !== '')?.group ?? newest?.asset_group ?? '',
      uses: uses.map((use) => ({ ...use, ...(queued.get(use.dag_id) ?? { queued: 0, queued_at: null }) })),
      is_cut: all.length > USES_MAX || dags.size > USES_MAX,
      newest: newest ?? null,
      aliases,
    }
  })
}

function userOf(
  dag: Omit<UsingDag, 'asset_uses'>,
  { as, task_id, type, name, group }: AssetUse,
): Omit<AssetUserRow, 'queued' | 'queued_at'> {
  return { ...dag, used_as: as, task_id, name, asset_group: group, alias: type === 'alias' ? name : null }
}

/** An alias stands for many assets: of those who name it as an outlet, only who lately updated this one by it. */
function isSource(recent: readonly AssetEventRecord[], use: Pick<AssetUserRow, 'dag_id' | 'task_id' | 'alias'>): boolean {
  return recent.some((e) => e.alias === use.alias && e.source_dag_id === use.dag_id && e.source_task_id === use.task_id)
}

/** Read here: PostgreSQL picks nothing out of JSON that has a NUL character in any of its texts, as an extra may have. */
async function queuedEvents(
  s: Session,
  uri: string,
  uses: readonly Pick<AssetUserRow, 'dag_id' | 'used_as'>[],
): Promise<Map<string, { queued: number; queued_at: number | null }>> {
  const dag_ids = [...new Set(uses.flatMap(({ dag_id, used_as }) => (used_as === 'schedule' ? dag_id : [])))]
  const rows = await s.records(
    'dags',
    sql`SELECT dag_id, queued_asset_events FROM dags WHERE dag_id IN ${list(dag_ids)} AND CAST(queued_asset_events AS text) <> '[]'`,
  )
  return new Map(
    rows.map(({ dag_id, queued_asset_events }) => {
      const mine = queued_asset_events.filter((event) => event.uri === uri)
      return [dag_id, { queued: mine.length, queued_at: mine.at(-1)?.at ?? null }]
    }),
  )
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
