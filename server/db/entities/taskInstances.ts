import type { TaskInstanceState } from '#contract/states.ts'
import type { DagRunRecord, TaskInstanceRecord } from '../records.ts'
import type { Database } from '../database.ts'
import type { PageOf, PageRequest } from '../store.ts'
import { columns, sql, where } from '../sql.ts'
import { cursorKey, limitOf, pageOf } from '../page.ts'
import { totalOf } from './reading.ts'

/** In the order of their ids, which is the order in which the run made them. The count is of one run, never of the table. */
export function taskInstanceList(
  db: Database,
  p: PageRequest & { dag_run_id: number; state?: TaskInstanceState; task_id?: string },
): Promise<PageOf<TaskInstanceRecord>> {
  return db.read(async (s) => {
    const scope = [
      sql`dag_run_id = ${p.dag_run_id}`,
      p.state === undefined ? null : sql`state = ${p.state}`,
      p.task_id === undefined ? null : sql`task_id = ${p.task_id}`,
    ]
    const after = cursorKey(p, [0] as const)
    const rows = await s.records(
      'task_instances',
      sql`SELECT ${columns('task_instances')} FROM task_instances ${where([...scope, after && sql`id > ${after[0]}`])} ORDER BY id ${limitOf(p)}`,
    )
    return pageOf(p, rows, await totalOf(s, sql`SELECT count(*) AS n FROM task_instances ${where(scope)}`), (row) => [row.id])
  })
}

export async function taskInstanceGet(
  db: Database,
  p: { dag_run_id: number; task_id: string; map_index: number },
): Promise<TaskInstanceRecord | null> {
  const rows = await db.read((s) =>
    s.records(
      'task_instances',
      sql`SELECT ${columns('task_instances')} FROM task_instances
        WHERE dag_run_id = ${p.dag_run_id} AND task_id = ${p.task_id} AND map_index = ${p.map_index}`,
    ),
  )
  return rows[0] ?? null
}

export function taskInstanceById(
  db: Database,
  p: { id: number },
): Promise<{ task_instance: TaskInstanceRecord; run: DagRunRecord } | null> {
  return db.read(async (s) => {
    const task_instance = (
      await s.records('task_instances', sql`SELECT ${columns('task_instances')} FROM task_instances WHERE id = ${p.id}`)
    )[0]
    if (task_instance === undefined) return null
    const run = (await s.records('dag_runs', sql`SELECT ${columns('dag_runs')} FROM dag_runs WHERE id = ${task_instance.dag_run_id}`))[0]
    return run === undefined ? null : { task_instance, run }
  })
}
