/** Home: counts and the few runs and DAGs that matter now. */
import type { DagRunRecord } from '../records.ts'
import type { Database, Session } from '../database.ts'
import type { FailedTask, Overview } from '../home.ts'
import { columns, sql } from '../sql.ts'
import { totalOf } from './reading.ts'

/** Task instances of a run that are looked through for the one that failed: no index leads there. */
const TASKS_LOOKED_AT = 2_000

export function overviewRead(db: Database, p: { failed_since: number; limit: number }): Promise<Overview> {
  return db.read(async (s) => {
    const [dags] = await s.rows<{ total: number; active: number | null }>(
      sql`SELECT count(*) AS total, sum(CASE WHEN is_paused = ${false} THEN 1 ELSE 0 END) AS active FROM dags WHERE is_stale = ${false}`,
    )
    const states = await s.rows<{ state: 'queued' | 'running'; n: number }>(
      sql`SELECT state, count(*) AS n FROM dag_runs WHERE state IN ('queued', 'running') GROUP BY state`,
    )
    const active = (state: string) => Number(states.find((row) => row.state === state)?.n ?? 0)
    const hasFailed = sql`state = 'failed' AND end_time >= ${{ time: p.failed_since }}`
    const runs = columns('dag_runs')
    const failed = await s.records(
      'dag_runs',
      sql`SELECT ${runs} FROM dag_runs WHERE ${hasFailed} ORDER BY end_time DESC, id DESC LIMIT ${p.limit}`,
    )
    return {
      dags: {
        total: Number(dags?.total ?? 0),
        active: Number(dags?.active ?? 0),
        import_errors: await totalOf(s, sql`SELECT count(*) AS n FROM dag_files WHERE error IS NOT NULL`),
      },
      runs: {
        queued: active('queued'),
        running: active('running'),
        failed: await totalOf(s, sql`SELECT count(*) AS n FROM dag_runs WHERE ${hasFailed}`),
      },
      running: await s.records(
        'dag_runs',
        sql`SELECT ${runs} FROM dag_runs WHERE state = 'running' ORDER BY run_after DESC, id DESC LIMIT ${p.limit}`,
      ),
      failed,
      failed_tasks: await failedTasks(s, failed),
      next: await s.records(
        'dags',
        sql`SELECT ${columns('dags')} FROM dags WHERE is_stale = ${false} AND is_paused = ${false} AND next_run_after IS NOT NULL
          ORDER BY next_run_after, dag_id LIMIT ${p.limit}`,
      ),
    }
  })
}

async function failedTasks(s: Session, runs: readonly DagRunRecord[]): Promise<FailedTask[]> {
  const found: FailedTask[] = []
  for (const run of runs) {
    const tasks = Object.values(run.task_counts).reduce((sum, n) => sum + n, 0)
    if ((run.task_counts.failed ?? 0) === 0 || tasks > TASKS_LOOKED_AT) continue
    const [task] = await s.rows<FailedTask>(
      sql`SELECT dag_run_id, task_id, map_index, try_number, state_reason FROM task_instances
        WHERE dag_run_id = ${run.id} AND state = 'failed' ORDER BY end_time, id LIMIT 1`,
    )
    if (task !== undefined) found.push({ ...task, dag_run_id: Number(task.dag_run_id) })
  }
  return found
}
