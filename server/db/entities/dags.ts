/** Reading DAGs and their versions. */
import type { DagRecord, DagVersionRecord } from '../records.ts'
import type { Database } from '../database.ts'
import type { DagFilter, DagSort } from '../filters.ts'
import type { PageOf, PageRequest } from '../store.ts'
import { columns, list, sql, where, type Sql } from '../sql.ts'
import { cursorKey, limitOf, pageOf } from '../page.ts'
import { dagConditions } from './dagFilter.ts'
import { totalOf } from './reading.ts'

const NEWEST_RUN = sql`(SELECT max(r.run_after) FROM dag_runs r WHERE r.dag_id = dags.dag_id)`
/** Behind every run that there is. */
const LAST = Date.UTC(9999, 0)

/** What has no next or last run comes last, whichever way the rest is sorted; so do paused DAGs, which will not run. */
function dagOrder(sort: DagSort, isDescending: boolean): Sql {
  const way = isDescending ? sql`DESC` : sql`ASC`
  if (sort === 'next_run') {
    const next = sql`CASE WHEN is_paused = ${false} THEN next_run_after END`
    return sql`CASE WHEN ${next} IS NULL THEN 1 ELSE 0 END, ${next} ${way}, dag_id`
  }
  if (sort === 'last_run') return sql`coalesce(${NEWEST_RUN}, ${{ time: isDescending ? 0 : LAST }}) ${way}, dag_id`
  return sql`dag_id ${way}`
}

/** DAGs are thousands, not millions: the total counts them. Only the plain order, by id, pages by key. */
export function dagList(db: Database, p: PageRequest & DagFilter & { sort?: DagSort; descending?: boolean }): Promise<PageOf<DagRecord>> {
  return db.read(async (s) => {
    const filter = dagConditions(s, p)
    const { sort = 'id', descending = false } = p
    const isPlain = sort === 'id' && !descending
    const after = isPlain ? cursorKey(p, [''] as const) : null
    const rows = await s.records(
      'dags',
      sql`SELECT ${columns('dags')} FROM dags ${where([...filter, after && sql`dag_id > ${after[0]}`])} ORDER BY ${dagOrder(sort, descending)} ${limitOf(p)}`,
    )
    const page = pageOf(p, rows, await totalOf(s, sql`SELECT count(*) AS n FROM dags ${where(filter)}`), (row) => [row.dag_id])
    return isPlain ? page : { ...page, next_cursor: null }
  })
}

/** Tags and owners of the DAGs there are, the most used first. */
export function dagFacets(
  db: Database,
  p: { limit: number },
): Promise<{ tags: { value: string; n: number }[]; owners: { value: string; n: number }[] }> {
  return db.read(async (s) => {
    const counted = async (statement: Sql) =>
      (await s.rows<{ value: string; n: number }>(statement)).map(({ value, n }) => ({ value, n: Number(n) }))
    return {
      tags: await counted(
        sql`SELECT value, count(*) AS n FROM dags, ${s.dialect.jsonArrayItems(sql`dags.tags`)} WHERE is_stale = ${false} GROUP BY value ORDER BY n DESC, value LIMIT ${p.limit}`,
      ),
      owners: await counted(
        sql`SELECT owner AS value, count(*) AS n FROM dags WHERE is_stale = ${false} GROUP BY owner ORDER BY n DESC, owner LIMIT ${p.limit}`,
      ),
    }
  })
}

export async function dagGet(db: Database, p: { dag_id: string }): Promise<DagRecord | null> {
  const rows = await db.read((s) => s.records('dags', sql`SELECT ${columns('dags')} FROM dags WHERE dag_id = ${p.dag_id}`))
  return rows[0] ?? null
}

/** Newest first. */
export function dagVersionList(db: Database, p: PageRequest & { dag_id: string }): Promise<PageOf<Omit<DagVersionRecord, 'spec'>>> {
  return db.read(async (s) => {
    const scope = sql`dag_id = ${p.dag_id}`
    const before = cursorKey(p, [0] as const)
    const rows = await s.records(
      'dag_versions',
      sql`SELECT ${columns('dag_versions', { without: ['spec'] })} FROM dag_versions
        ${where([scope, before && sql`version < ${before[0]}`])} ORDER BY version DESC ${limitOf(p)}`,
    )
    const total = await totalOf(s, sql`SELECT count(*) AS n FROM dag_versions WHERE ${scope}`)
    return pageOf<Omit<DagVersionRecord, 'spec'>>(p, rows, total, (row) => [row.version])
  })
}

export async function dagVersionGet(db: Database, p: { id: number }): Promise<DagVersionRecord | null> {
  const rows = await db.read((s) => s.records('dag_versions', sql`SELECT ${columns('dag_versions')} FROM dag_versions WHERE id = ${p.id}`))
  return rows[0] ?? null
}

export async function dagVersionByNumber(db: Database, p: { dag_id: string; version: number }): Promise<DagVersionRecord | null> {
  const rows = await db.read((s) =>
    s.records(
      'dag_versions',
      sql`SELECT ${columns('dag_versions')} FROM dag_versions WHERE dag_id = ${p.dag_id} AND version = ${p.version}`,
    ),
  )
  return rows[0] ?? null
}

export function dagVersionsByIds(db: Database, p: { ids: number[] }): Promise<{ id: number; version: number }[]> {
  return db.read((s) =>
    s.rows<{ id: number; version: number }>(sql`SELECT id, version FROM dag_versions WHERE id IN ${list([...new Set(p.ids)])} ORDER BY id`),
  )
}
