/** A filter of DAGs as conditions on `dags`. */
import type { Session } from '../database.ts'
import type { DagFilter } from '../filters.ts'
import { join, list, sql, type Sql } from '../sql.ts'
import { contains } from './reading.ts'

/** The conditions of a filter on `dags`; what it does not name does not count. */
export function dagConditions(s: Session, p: DagFilter): (Sql | null)[] {
  const search = p.search
  return [
    p.include_stale ? null : sql`is_stale = ${false}`,
    search === undefined
      ? null
      : sql`(${join(
          [sql`dags.dag_id`, sql`coalesce(dag_display_name, '')`, sql`coalesce(description, '')`].map((column) => contains(column, search)),
          ' OR ',
        )})`,
    ...(p.tags ?? []).map((tag) => s.dialect.jsonArrayHolds(sql`tags`, tag)),
    p.owner === undefined ? null : sql`owner = ${p.owner}`,
    p.paused === undefined ? null : sql`is_paused = ${p.paused}`,
    p.last_run_state === undefined
      ? null
      : sql`(SELECT r.state FROM dag_runs r WHERE r.dag_id = dags.dag_id ORDER BY r.run_after DESC, r.id DESC LIMIT 1) = ${p.last_run_state}`,
    p.import_errors === undefined
      ? null
      : sql`file ${p.import_errors ? sql`IN` : sql`NOT IN`} (SELECT file FROM dag_files WHERE error IS NOT NULL)`,
    p.favourite_of === undefined ? null : sql`dags.dag_id IN (SELECT dag_id FROM favourites WHERE username = ${p.favourite_of})`,
    p.dag_ids === undefined ? null : sql`dags.dag_id IN ${list(p.dag_ids)}`,
  ]
}
