/**
 * One group commit of the engine in one transaction: fence, inserts, updates with their expectations, XComs, deletions.
 *
 * A commit crosses to the writer thread as one JSON text: writing and reading it takes half of what a structured clone of the same
 * values takes. One with more than a block of text (XComs, deferrals, events of assets) is cloned: a long text is cloned as it is, while
 * escaped in one text with others it could pass the longest string there is. There statements run from flat arrays. SQLite is in this process, so a statement costs about
 * 2 microseconds, a third of it for the call: inserts go in blocks of rows, updates one by one, because joining them to a list of values
 * costs as much as it saves. What counts beyond that is that each statement is prepared once and that no index holds a changing column.
 */
import type { CommitOutcome, EngineCommit } from '../store.ts'
import { columnKind } from '../columns.ts'
import { BLOCK_CHARS, commitGroups, type CommitGroups, type RowGroup } from '../commitGroups.ts'
import { encodeValue, type SqliteConnection, type Statement } from './connection.ts'

/** A small commit as its text. */
type EncodedCommit = string | PlainCommit

interface PlainCommit {
  epoch: number
  seq: number
  groups: CommitGroups
  dag_runs_delete: number[]
  dags_delete: string[]
}

/** What crosses to the writer thread. Runs on the server's thread. */
export function encodeCommit(p: EngineCommit): EncodedCommit {
  const plain: PlainCommit = {
    epoch: p.epoch,
    seq: p.seq,
    groups: commitGroups(p, encodeValue),
    dag_runs_delete: p.dag_runs_delete,
    dags_delete: p.dags_delete,
  }
  return textChars(plain.groups) > BLOCK_CHARS ? plain : JSON.stringify(plain)
}

function textChars({ inserts, updates, xcoms_put }: CommitGroups): number {
  let chars = 0
  for (const groups of [inserts, updates, xcoms_put])
    for (const { values } of groups) for (const value of values) if (typeof value === 'string') chars += value.length
  return chars
}

/** Ends the transaction without an error to report to anybody but the caller. */
class Refused extends Error {
  readonly outcome: CommitOutcome
  constructor(outcome: CommitOutcome) {
    super(outcome.status)
    this.outcome = outcome
  }
}

/** Runs on the writer thread. */
export function engineCommit(db: SqliteConnection, encoded: EncodedCommit): CommitOutcome {
  const p = typeof encoded === 'string' ? (JSON.parse(encoded) as PlainCommit) : encoded
  try {
    return db.immediately(() => {
      const fenced = fence(db, p)
      if (fenced !== null) return fenced
      for (const group of p.groups.inserts) insertRows(db, group)
      countLedger(db, p.groups.ledger_counts)
      for (const group of p.groups.updates) updateRows(db, group)
      for (const group of p.groups.xcoms_delete) eachRow(group, (values) => db.prepare(DELETE_XCOMS).run(values))
      for (const group of p.groups.xcoms_put)
        insertRows(db, group, ' ON CONFLICT DO UPDATE SET value = excluded.value, size = excluded.size, timestamp = excluded.timestamp')
      if (p.dag_runs_delete.length > 0 || p.dags_delete.length > 0) deleteRows(db, p)
      return { status: 'committed' }
    })
  } catch (error) {
    if (error instanceof Refused) return error.outcome
    throw error
  }
}

/** null = go on. */
function fence(db: SqliteConnection, p: PlainCommit): CommitOutcome | null {
  const { changes } = db
    .prepare('UPDATE scheduler_leader SET commit_seq = ? WHERE epoch = ? AND commit_seq = ?')
    .run(p.seq, p.epoch, p.seq - 1)
  if (changes === 1) return null
  const leader = db.prepare('SELECT epoch, commit_seq FROM scheduler_leader').get() as { epoch: number; commit_seq: number }
  return { status: leader.epoch === p.epoch && leader.commit_seq >= p.seq ? 'committed' : 'fenced' }
}

const DELETE_XCOMS = 'DELETE FROM xcoms WHERE dag_run_id = ? AND task_id = ? AND map_index = ?'

function eachRow(group: RowGroup, use: (values: unknown[]) => void): void {
  const width = group.set.length + group.match.length
  for (let start = 0; start < group.values.length; start += width) use(group.values.slice(start, start + width))
}

/** Rows of one INSERT. More of them save little, and each number of parameters is a statement of its own. */
const ROWS_PER_INSERT = 8

function insertRows(db: SqliteConnection, group: RowGroup, onConflict = ''): void {
  for (const column of group.set) columnKind(group.table, column)
  const width = group.set.length
  const row = `(${group.set.map(() => '?').join(', ')})`
  const insertOf = (rows: number): Statement =>
    db.prepare(`INSERT INTO ${group.table} (${group.set.join(', ')}) VALUES ${Array<string>(rows).fill(row).join(', ')}${onConflict}`)
  const [block, single] = [insertOf(ROWS_PER_INSERT), insertOf(1)]
  for (let first = 0; first < group.rows; first += ROWS_PER_INSERT) {
    const rows = Math.min(ROWS_PER_INSERT, group.rows - first)
    if (rows === ROWS_PER_INSERT && isInserted(block, group.values.slice(first * width, (first + rows) * width))) continue
    for (let i = first; i < first + rows; i++) insertRow(single, group, group.values.slice(i * width, (i + 1) * width))
  }
}

/** False = a row of the block is refused; nothing of it was written, and one by one the row can be named. */
function isInserted(block: Statement, values: unknown[]): boolean {
  try {
    block.run(values)
    return true
  } catch (error) {
    if (isDisagreement(error)) return false
    throw error
  }
}

function insertRow(statement: Statement, group: RowGroup, values: unknown[]): void {
  try {
    statement.run(values)
  } catch (error) {
    if (!isDisagreement(error)) throw error
    throw new Refused({ status: 'conflict', detail: `${describe(group, values)}: ${(error as Error).message}` })
  }
}

function updateRows(db: SqliteConnection, group: RowGroup): void {
  for (const column of group.set) columnKind(group.table, column)
  const assignments =
    group.set.length === 0 ? `${group.match[0]} = ${group.match[0]}` : group.set.map((column) => `${column} = ?`).join(', ')
  const conditions = group.match.map((column) => `${column.replace(/^expect_/, '')} = ?`).join(' AND ')
  const statement = db.prepare(`UPDATE ${group.table} SET ${assignments} WHERE ${conditions}`)
  eachRow(group, (values) => {
    if (statement.run(values).changes !== 1) throw new Refused({ status: 'conflict', detail: describe(group, values) })
  })
}

/** A row that exists already or points at nothing is a disagreement between memory and database, like an expectation that fails. */
function isDisagreement(error: unknown): boolean {
  const code = (error as { code?: string }).code ?? ''
  return /^SQLITE_CONSTRAINT_(PRIMARYKEY|UNIQUE|ROWID|FOREIGNKEY)$/.test(code)
}

/** Names the row, never its other values: they may be an author's data. */
function describe(group: RowGroup, values: unknown[]): string {
  const names = group.match.length > 0 ? group.match : group.set.slice(0, 3)
  const first = group.match.length > 0 ? group.set.length : 0
  const fields = names.map((name, i) => `${name}=${name.includes('token') ? '...' : JSON.stringify(values[first + i])}`)
  return `${group.table} ${group.match.length > 0 ? 'update' : 'insert'} ${fields.join(' ')}`
}

function countLedger(db: SqliteConnection, counts: readonly (readonly [string, number])[]): void {
  const statement = db.prepare('INSERT INTO ledger_counts (dag_id, n) VALUES (?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n')
  for (const [dag_id, n] of counts) statement.run(dag_id, n)
}

/** DAGs and runs with everything that hangs on them. The ledger keeps what concerns the DAG as a whole. */
function deleteRows(db: SqliteConnection, p: PlainCommit): void {
  raiseIdFloors(db)
  const runsOf = db.prepare('SELECT id FROM dag_runs WHERE dag_id = ?')
  const runs = [...p.dag_runs_delete, ...p.dags_delete.flatMap((dag_id) => runsOf.all(dag_id).map((row) => row['id'] as number))]
  const logs = db.prepare('INSERT OR IGNORE INTO log_deletions (task_instance_id) SELECT id FROM task_instances WHERE dag_run_id = ?')
  const counted = db.prepare("SELECT coalesce(dag_id, '') AS dag_id, count(*) AS n FROM ledger WHERE dag_run_id = ? GROUP BY 1")
  const ledger = db.prepare('DELETE FROM ledger WHERE dag_run_id = ?')
  const run = db.prepare('DELETE FROM dag_runs WHERE id = ?')
  for (const id of runs) {
    logs.run(id)
    countLedger(
      db,
      counted.all(id).map((row): [string, number] => [row['dag_id'] as string, -(row['n'] as number)]),
    )
    ledger.run(id)
    run.run(id)
  }
  for (const dag_id of p.dags_delete) {
    db.prepare('DELETE FROM dags WHERE dag_id = ?').run(dag_id)
    db.prepare('DELETE FROM dag_run_counts WHERE dag_id = ?').run(dag_id)
  }
}

function raiseIdFloors(db: SqliteConnection): void {
  for (const [name, table] of [
    ['dag_runs', 'dag_runs'],
    ['task_instances', 'task_instances'],
    ['ledger', 'ledger'],
    ['backfills', 'backfills'],
  ] as const) {
    db.prepare(
      `INSERT INTO id_floors (name, max_id) SELECT ?, coalesce(max(id), 0) FROM ${table} WHERE true ON CONFLICT DO UPDATE SET max_id = max(max_id, excluded.max_id)`,
    ).run(name)
  }
}
