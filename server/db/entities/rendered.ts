import type { RenderedRecord } from '../records.ts'
import type { Database } from '../database.ts'
import { columns, sql } from '../sql.ts'

export async function renderedGet(db: Database, p: { task_instance_id: number; attempt: number }): Promise<RenderedRecord | null> {
  const rows = await db.read((s) =>
    s.records(
      'rendered_fields',
      sql`SELECT ${columns('rendered_fields')} FROM rendered_fields WHERE task_instance_id = ${p.task_instance_id} AND attempt = ${p.attempt}`,
    ),
  )
  return rows[0] ?? null
}

/** The run may have been deleted while its worker still spoke of it: then there is no attempt to hang on. */
export async function renderedPut(db: Database, p: { rows: RenderedRecord[] }): Promise<void> {
  await db.write(async (s) => {
    for (const { task_instance_id, attempt, fields } of p.rows)
      await s.run(
        sql`INSERT INTO rendered_fields (task_instance_id, attempt, fields)
          SELECT task_instance_id, attempt, ${fields} FROM attempts WHERE task_instance_id = ${task_instance_id} AND attempt = ${attempt}
          ON CONFLICT (task_instance_id, attempt) DO UPDATE SET fields = excluded.fields`,
      )
  })
}
