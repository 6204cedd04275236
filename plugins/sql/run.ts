/** Runs the statements of a task in one session and keeps the rows that it asked for, within its limits. */
import { FailTask } from '../api/index.ts'
import { commandOf, controlsTransaction, type Statement } from './statements.ts'
import type { Dialect } from './tokens.ts'

export interface Plan {
  statements: Statement[]
  dialect: Dialect
  /** Each statement commits by itself; otherwise all of them do or none. */
  autocommit: boolean
  fetch: 'all' | 'first' | 'none'
  rows: 'lists' | 'objects'
  max_rows: number
  max_bytes: number
  /** Only the last statement's rows; otherwise a list with those of each. */
  return_last: boolean
}

/** A conversation with a database. */
export interface Session {
  /**
   * Runs one statement. `begin` is told the columns before the first row, and not called for a statement without any. Once `row` has
   * answered false, or either has thrown, no more rows come.
   */
  run(statement: Statement, on: RowSink): Promise<{ affected: number | null }>
}

export interface RowSink {
  begin(columns: string[]): void
  row(cells: unknown[]): boolean
}

type Rows = unknown[] | Record<string, unknown> | null

const NO_ROWS: RowSink = { begin: () => undefined, row: () => false }

export async function runPlan(plan: Plan, session: Session, say: (line: string) => void): Promise<Rows | Rows[]> {
  if (!plan.autocommit) refuseOwnTransactions(plan)
  const control = async (text: string): Promise<void> => void (await session.run({ text, values: [] }, NO_ROWS))
  if (!plan.autocommit) await control(beginning(plan))
  const results: Rows[] = []
  const budget = { bytes: plan.max_bytes }
  try {
    for (const [index, statement] of plan.statements.entries()) {
      const isWanted = plan.fetch !== 'none' && (!plan.return_last || index === plan.statements.length - 1)
      const kept = keptRows({ ...plan, fetch: isWanted ? plan.fetch : 'none' }, budget)
      const { affected } = await session.run(statement, kept.sink).catch((error: unknown) => {
        throw locate(error, { number: index + 1, of: plan.statements.length })
      })
      say(`${commandOf(statement.text, plan.dialect) || 'statement'}: ${outcome(kept.count(), affected)}`)
      results.push(kept.value())
    }
    if (!plan.autocommit) await control('COMMIT')
  } catch (error) {
    // What went wrong is said by the first error; a session that cannot roll back is closed, which does the same.
    if (!plan.autocommit) await control('ROLLBACK').catch(() => undefined)
    throw error
  }
  return plan.return_last ? (results.at(-1) ?? null) : results
}

const READING = new Set(['SELECT', 'VALUES', 'WITH', 'EXPLAIN', 'PRAGMA'])

/** SQLite refuses at once what has read before it writes beside another writer; what begins as a writer waits for its turn. */
function beginning({ dialect, statements }: Plan): string {
  const isReader = statements.every(({ text }) => READING.has(commandOf(text, dialect)))
  return dialect === 'sqlite' && statements.length > 1 && !isReader ? 'BEGIN IMMEDIATE' : 'BEGIN'
}

function refuseOwnTransactions(plan: Plan): void {
  for (const { text } of plan.statements) {
    if (controlsTransaction(text, plan.dialect)) {
      throw new FailTask(
        `sql: ${commandOf(text, plan.dialect)} is not for here: the statements are one transaction already. Leave it out, or set autocommit: true.`,
      )
    }
  }
}

function outcome(rows: number | null, affected: number | null): string {
  if (rows !== null) return `${rows} ${rows === 1 ? 'row' : 'rows'} kept`
  return affected === null ? 'done' : `${affected} ${affected === 1 ? 'row' : 'rows'}`
}

function keptRows(plan: Plan, budget: { bytes: number }): { sink: RowSink; count(): number | null; value(): Rows } {
  let columns: string[] | null = null
  const rows: (unknown[] | Record<string, unknown>)[] = []
  const sink: RowSink = {
    begin(names) {
      if (plan.fetch === 'none') return
      columns = names
      const twice = plan.rows === 'objects' ? names.find((name, index) => names.indexOf(name) !== index) : undefined
      if (twice !== undefined) throw new FailTask(`rows: two columns are called ${twice}. Give one another name (AS), or take rows: lists.`)
    },
    row(cells) {
      if (columns === null) return false
      if (rows.length === plan.max_rows) throw new FailTask(tooMuch('max_rows', `${plan.max_rows} rows`))
      const row = plan.rows === 'lists' ? cells : Object.fromEntries(columns.map((name, index) => [name, cells[index]]))
      budget.bytes -= Buffer.byteLength(JSON.stringify(row)) + 1
      if (budget.bytes < 0) throw new FailTask(tooMuch('max_bytes', `${plan.max_bytes} bytes as JSON`))
      rows.push(row)
      return plan.fetch === 'all'
    },
  }
  const value = (): Rows => (columns === null ? null : plan.fetch === 'all' ? rows : (rows[0] ?? null))
  return { sink, count: () => (columns === null ? null : rows.length), value }
}

function tooMuch(limit: string, size: string): string {
  return (
    `The result has more than ${size} (${limit}). Ask for less (LIMIT, an aggregate), leave the rows in a table, set fetch: none, ` +
    `or raise ${limit}.`
  )
}

/** Says which of several statements it was. */
function locate(error: unknown, place: { number: number; of: number }): unknown {
  if (error instanceof Error && place.of > 1) error.message = `statement ${place.number} of ${place.of}: ${error.message}`
  return error
}
