/** Everything the leader keeps in memory, from one snapshot. */
import { LEASED_STATES } from '#contract/states.ts'
import type { Database, Session } from '../database.ts'
import type { EngineSnapshot } from '../store.ts'
import { columns, list, sql, type Sql } from '../sql.ts'
import { totalOf } from './reading.ts'

/** Runs that are active, and those that have ended and whose callback is still to be called. */
const HELD = sql`(state IN ('queued', 'running') OR callback IS NOT NULL)`
const HELD_RUNS = sql`SELECT id FROM dag_runs WHERE ${HELD}`

export function engineLoad(db: Database): Promise<EngineSnapshot> {
  return db.read(async (s) => ({
    dags: await s.records('dags', sql`SELECT ${columns('dags')} FROM dags ORDER BY dag_id`),
    dag_runs: await s.records('dag_runs', sql`SELECT ${columns('dag_runs')} FROM dag_runs WHERE ${HELD} ORDER BY id`),
    task_instances: await s.records(
      'task_instances',
      sql`SELECT ${columns('task_instances')} FROM task_instances WHERE dag_run_id IN (${HELD_RUNS}) ORDER BY id`,
    ),
    attempts: await s.records(
      'attempts',
      sql`SELECT ${columns('attempts', { prefix: 'a' })} FROM task_instances t
        JOIN attempts a ON a.task_instance_id = t.id AND a.attempt = t.try_number
        WHERE t.dag_run_id IN (${HELD_RUNS}) AND t.state IN ${list(LEASED_STATES)} ORDER BY a.task_instance_id`,
    ),
    dag_versions: await s.records(
      'dag_versions',
      sql`SELECT ${columns('dag_versions')} FROM dag_versions WHERE id IN (
        SELECT dag_version_id FROM dags WHERE is_stale = ${false} OR dag_id IN (SELECT dag_id FROM dag_runs WHERE ${HELD})
        UNION SELECT dag_version_id FROM dag_runs WHERE ${HELD}) ORDER BY id`,
    ),
    pools: await s.records('pools', sql`SELECT ${columns('pools')} FROM pools ORDER BY name`),
    backfills: await s.records(
      'backfills',
      sql`SELECT ${columns('backfills')} FROM backfills WHERE state IN ('running', 'paused') ORDER BY id`,
    ),
    backfill_intervals: await s.records(
      'backfill_intervals',
      sql`SELECT ${columns('backfill_intervals')} FROM backfill_intervals
        WHERE backfill_id IN (SELECT id FROM backfills WHERE state IN ('running', 'paused')) ORDER BY backfill_id, ordinal`,
    ),
    failed_backfills: (
      await s.rows<{ id: number }>(
        sql`SELECT DISTINCT i.backfill_id AS id FROM backfill_intervals i JOIN dag_runs r ON r.id = i.dag_run_id
          WHERE r.state = 'failed' AND i.backfill_id IN (SELECT id FROM backfills WHERE state IN ('running', 'paused'))`,
      )
    ).map(({ id }) => id),
    max_ids: {
      dag_run: await maxId(s, 'dag_runs', sql`SELECT max(id) AS n FROM dag_runs`),
      task_instance: await maxId(s, 'task_instances', sql`SELECT max(id) AS n FROM task_instances`),
      ledger: await maxId(s, 'ledger', sql`SELECT max(id) AS n FROM ledger`),
      backfill: await maxId(s, 'backfills', sql`SELECT max(id) AS n FROM backfills`),
      asset_event: await maxId(s, 'asset_events', sql`SELECT max(id) AS n FROM asset_events`),
    },
  }))
}

/** Never less than an id that was used once, even if its row is deleted. */
async function maxId(s: Session, name: string, largest: Sql): Promise<number> {
  return Math.max(await totalOf(s, largest), await totalOf(s, sql`SELECT max_id AS n FROM id_floors WHERE name = ${name}`))
}
