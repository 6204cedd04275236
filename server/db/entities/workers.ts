import type { WorkerRecord } from '../records.ts'
import type { Database } from '../database.ts'
import { columns, sql, upsertRow } from '../sql.ts'

export async function workerPut(db: Database, p: WorkerRecord): Promise<void> {
  await db.write((s) => s.run(upsertRow('workers', p, ['worker_id'])))
}

export function workerList(db: Database): Promise<WorkerRecord[]> {
  return db.read((s) => s.records('workers', sql`SELECT ${columns('workers')} FROM workers ORDER BY worker_id`))
}

export function workerDelete(db: Database, p: { worker_id: string }): Promise<boolean> {
  return db.write(async (s) => (await s.run(sql`DELETE FROM workers WHERE worker_id = ${p.worker_id}`)) > 0)
}
