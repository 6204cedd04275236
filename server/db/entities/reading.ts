/** Pieces of statements that several lists share. */
import type { Session } from '../database.ts'
import { sql, type Sql } from '../sql.ts'

/** Case-insensitive search in a text, with % and _ taken as they are. */
export function contains(column: Sql, text: string): Sql {
  const pattern = `%${text.toLowerCase().replace(/[\\%_]/g, (character) => `\\${character}`)}%`
  return sql`lower(${column}) LIKE ${pattern} ESCAPE '\\'`
}

/** Runs a statement that yields one number called `n`. */
export async function totalOf(session: Session, statement: Sql): Promise<number> {
  const rows = await session.rows<{ n: number | null }>(statement)
  return Number(rows[0]?.n ?? 0)
}
