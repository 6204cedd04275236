/** The search over everything: bounded per kind, so that its cost does not follow the number of runs. */
import { RUN_TYPES } from '#contract/states.ts'
import type { DagRunRecord } from '../records.ts'
import type { Database, Session } from '../database.ts'
import type { SearchHits } from '../home.ts'
import { columns, list, sql, type Sql } from '../sql.ts'
import { contains } from './reading.ts'

/** Newest runs whose ids are looked through for a part of them; older ones are found by the beginning of their id. */
const RECENT_RUNS = 2_000
/** People type the date of a run, not the word that its id begins with. */
const RUN_ID_WORDS = ['', ...[...RUN_TYPES, 'dataset_triggered'].map((type) => `${type}__`)]

export function searchAll(db: Database, p: { text: string; limit: number }): Promise<SearchHits> {
  return db.read(async (s) => ({
    dags: await s.records(
      'dags',
      sql`SELECT ${columns('dags')} FROM dags WHERE is_stale = ${false}
        AND (${contains(sql`dag_id`, p.text)} OR ${contains(sql`coalesce(dag_display_name, '')`, p.text)})
        ORDER BY ${nearness(sql`dag_id`, p.text)}, dag_id LIMIT ${p.limit}`,
    ),
    tasks: await s.rows<{ dag_id: string; task_id: string }>(
      sql`SELECT t.dag_id, t.task_id FROM dag_tasks t JOIN dags d ON d.dag_id = t.dag_id WHERE d.is_stale = ${false} AND ${contains(sql`t.task_id`, p.text)}
        ORDER BY ${nearness(sql`t.task_id`, p.text)}, t.task_id, t.dag_id LIMIT ${p.limit}`,
    ),
    runs: await findRuns(s, p),
  }))
}

/** The text itself, then what begins with it, then the rest. */
function nearness(column: Sql, text: string): Sql {
  const wanted = text.toLowerCase()
  return sql`CASE WHEN lower(${column}) = ${wanted} THEN 0 WHEN substr(lower(${column}), 1, ${wanted.length}) = ${wanted} THEN 1 ELSE 2 END`
}

async function findRuns(s: Session, { text, limit }: { text: string; limit: number }): Promise<DagRunRecord[]> {
  const runId = s.dialect.byBytes(sql`run_id`)
  const ids = new Set<number>()
  for (const word of RUN_ID_WORDS) {
    const prefix = word + text
    const rows = await s.rows<{ id: number }>(
      sql`SELECT id FROM dag_runs WHERE ${runId} >= ${prefix} AND ${runId} < ${`${prefix}\u{10FFFF}`} ORDER BY ${runId} DESC LIMIT ${limit}`,
    )
    for (const { id } of rows) ids.add(Number(id))
  }
  if (ids.size < limit) {
    const rows = await s.rows<{ id: number }>(
      sql`SELECT id FROM (SELECT id, run_id FROM dag_runs ORDER BY id DESC LIMIT ${RECENT_RUNS}) AS recent
        WHERE ${contains(sql`run_id`, text)} ORDER BY id DESC LIMIT ${limit}`,
    )
    for (const { id } of rows) ids.add(Number(id))
  }
  return s.records(
    'dag_runs',
    sql`SELECT ${columns('dag_runs')} FROM dag_runs WHERE id IN ${list([...ids])} ORDER BY id DESC LIMIT ${limit}`,
  )
}
