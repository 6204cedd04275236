/** A database that has been in use: finished runs by the hundred thousand, and runs whose tasks all wait. */
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'

export const BLOCKED_DAG = 'blocked'

/** Its head waits in a pool without slots (`closed`), all others wait for the head. */
export function blockedFile(tasks: number): string {
  return `from datetime import datetime
from vortex import DAG, BashOperator, EmptyOperator

with DAG("${BLOCKED_DAG}", start_date=datetime(2026, 1, 1), schedule=None, max_active_runs=1000):
    head = BashOperator(task_id="head", bash_command=":", pool="closed")
    for i in range(${tasks - 1}):
        head >> BashOperator(task_id=f"t{i}", bash_command=":")
`
}

const TASKS_PER_RUN = 10
/** Ids above those the stopped server gave, so that the next leader goes on behind them. */
const FIRST_ID = 1_000_000

/** Fills the SQLite file of a stopped server with successful runs of one DAG, as the engine leaves them. */
export function fillHistory(p: { folder: string; dag_id: string; task_instances: number }): void {
  const db = new SqliteDatabase(join(p.folder, 'vortex.db'), { fileMustExist: true })
  const runs = p.task_instances / TASKS_PER_RUN
  const numbers = (last: number): string =>
    `(WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ${last}) SELECT n FROM s)`
  const at = Date.now() - 7 * 86_400_000
  try {
    db.transaction(() => {
      db.prepare(
        `INSERT INTO dag_runs (id, dag_id, run_id, run_type, state, run_after, queued_time, start_time, end_time, triggered_by, conf, dag_version_id, task_counts)
         SELECT ${FIRST_ID} + n, ?, 'old_' || n, 'manual', 'success', ${at} + n, ${at} + n, ${at} + n, ${at} + n, 'admin', '{}', (SELECT dag_version_id FROM dags WHERE dag_id = ?), '{"success":${TASKS_PER_RUN}}' FROM ${numbers(runs)}`,
      ).run(p.dag_id, p.dag_id)
      db.prepare(
        `INSERT INTO task_instances (id, dag_run_id, task_id, map_index, state, try_number, max_tries, operator, pool, pool_slots, queue, priority_weight)
         SELECT ${FIRST_ID} + n, ${FIRST_ID} + 1 + (n - 1) / ${TASKS_PER_RUN}, 'task_' || (n % ${TASKS_PER_RUN}), -1, 'success', 1, 1, 'BashOperator', 'default_pool', 1, 'default', 1 FROM ${numbers(p.task_instances)}`,
      ).run()
      db.prepare(
        `INSERT INTO attempts (task_instance_id, attempt, state, lease_token, worker_id, hostname, queued_time)
         SELECT ${FIRST_ID} + n, 1, 'success', 'lease-' || n, 'worker-1', 'host', ${at} FROM ${numbers(p.task_instances)}`,
      ).run()
    })()
    db.exec('ANALYZE')
  } finally {
    db.close()
  }
}
