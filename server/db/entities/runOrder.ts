/**
 * The order of DAG runs: by when each was due (`run_after`), as people and Airflow read them, so that a backfilled run stands among
 * its days and not before everything else. The id decides between runs that were due together. Migration 0012 has the indexes.
 */
import type { RunKey } from '../grid.ts'
import { sql, type Sql } from '../sql.ts'

export const NEWEST_FIRST = sql`ORDER BY run_after DESC, id DESC`
export const beforeRun = ([run_after, id]: RunKey): Sql => sql`(run_after, id) < (${{ time: run_after }}, ${id})`
export const afterRun = ([run_after, id]: RunKey): Sql => sql`(run_after, id) > (${{ time: run_after }}, ${id})`
