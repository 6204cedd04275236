/**
 * Real runs that took a second each, told as if each had begun when it was due and had taken minutes: a month of history cannot be
 * waited for. States, orders, attempts, logs and XComs stay as they were; only instants move, while no server holds the database.
 */
import SqliteDatabase from 'better-sqlite3'

/** A second of work becomes this many. */
const SLOWER = 60
const LONGEST = 16 * 60_000
const DAY = 86_400_000

interface Run {
  id: number
  run_type: string
  run_after: number
  logical_date: number | null
  queued_time: number
  start_time: number
  end_time: number
}

/** `backfilledAt`: when backfills were asked for. */
export function stretchTimes(file: string, p: { now: number; backfilledAt: number }): void {
  const db = new SqliteDatabase(file)
  const runs = db.prepare<[], Run>(
    `SELECT id, run_type, run_after, logical_date, queued_time, start_time, end_time FROM dag_runs WHERE end_time IS NOT NULL AND start_time IS NOT NULL ORDER BY start_time`,
  )
  const one = (table: string, columns: readonly string[], where: string) =>
    db.prepare(
      `UPDATE ${table} SET ${columns.map((column) => `${column} = CAST(@begin + (${column} - @real) * @slower AS INTEGER)`).join(', ')} WHERE ${where}`,
    )
  const ofRun = '(SELECT id FROM task_instances WHERE dag_run_id = @id)'
  const moves = [
    one('dag_runs', ['queued_time', 'start_time', 'end_time'], 'id = @id'),
    one('task_instances', ['scheduled_time', 'queued_time', 'start_time', 'end_time'], 'dag_run_id = @id'),
    one('attempts', ['queued_time', 'start_time', 'end_time'], `task_instance_id IN ${ofRun}`),
    one('ledger', ['at'], 'dag_run_id = @id'),
    one('xcoms', ['timestamp'], 'dag_run_id = @id'),
  ]
  let backfilled = p.backfilledAt
  db.transaction(() => {
    for (const run of runs.all()) {
      // A manual run was made for the moment that its run id names.
      const due = run.run_type === 'manual' ? (run.logical_date ?? run.run_after) : run.run_after
      const begin = run.run_type === 'backfill' ? (backfilled += 4 * 60_000) : due + 1_000 + ((run.id * 1_733) % 6_000)
      const took = Math.max(1, run.end_time - run.queued_time)
      // One that waited for a busy machine is not told as an hour.
      const slower = Math.min(SLOWER, LONGEST / took, (p.now - 30_000 - begin) / took)
      for (const move of moves) move.run({ id: run.id, begin, real: run.queued_time, slower })
      if (run.run_type === 'manual') db.prepare('UPDATE dag_runs SET run_after = ? WHERE id = ?').run(due, run.id)
    }
    db.prepare('UPDATE backfills SET created_at = ?, end_time = CASE WHEN end_time IS NULL THEN NULL ELSE ? END').run(
      p.backfilledAt,
      backfilled + 5 * 60_000,
    )
    db.prepare('UPDATE dag_versions SET created_at = CASE WHEN version = 1 THEN ? ELSE ? END').run(p.now - 40 * DAY, p.now - 5 * DAY)
    db.prepare('UPDATE dags SET created_at = ?').run(p.now - 40 * DAY)
    // Its entries are read by id: newest last again.
    db.exec(`CREATE TEMP TABLE told AS SELECT id, row_number() OVER (ORDER BY at, id) AS place FROM ledger;
      UPDATE ledger SET id = -(SELECT place FROM told WHERE told.id = ledger.id);
      UPDATE ledger SET id = -id;
      DROP TABLE told; DELETE FROM workers;`)
  })()
  db.close()
}
