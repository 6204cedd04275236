/** Reading DAGs and their versions. */
import type { DagRunState } from '#contract/states.ts'
import type { DagRecord, DagVersionRecord } from '../records.ts'
import type { Database } from '../database.ts'
import type { PageOf, PageRequest } from '../store.ts'
import { columns, list, sql, where } from '../sql.ts'
import { cursorKey, limitOf, pageOf } from '../page.ts'
import { contains, totalOf } from './reading.ts'

type DagFilter = { search?: string; tag?: string; owner?: string; paused?: boolean; last_run_state?: DagRunState; include_stale: boolean }

/** By DAG id. DAGs are thousands, not millions: the total counts them. */
export function dagList(db: Database, p: PageRequest & DagFilter): Promise<PageOf<DagRecord>> {
  return db.read(async (s) => {
    const filter = [
      p.include_stale ? null : sql`is_stale = ${false}`,
      p.search === undefined
        ? null
        : sql`(${contains(sql`dag_id`, p.search)} OR ${contains(sql`coalesce(dag_display_name, '')`, p.search)})`,
      p.tag === undefined ? null : s.dialect.jsonArrayHolds(sql`tags`, p.tag),
      p.owner === undefined ? null : sql`owner = ${p.owner}`,
      p.paused === undefined ? null : sql`is_paused = ${p.paused}`,
      p.last_run_state === undefined
        ? null
        : sql`(SELECT r.state FROM dag_runs r WHERE r.dag_id = dags.dag_id ORDER BY r.id DESC LIMIT 1) = ${p.last_run_state}`,
    ]
    const after = cursorKey(p, [''] as const)
    const rows = await s.records(
      'dags',
      sql`SELECT ${columns('dags')} FROM dags ${where([...filter, after && sql`dag_id > ${after[0]}`])} ORDER BY dag_id ${limitOf(p)}`,
    )
    return pageOf(p, rows, await totalOf(s, sql`SELECT count(*) AS n FROM dags ${where(filter)}`), (row) => [row.dag_id])
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
