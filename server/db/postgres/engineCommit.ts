/**
 * One group commit of the engine in one transaction: look, inserts, updates with their expectations, XComs, deletions, fence.
 *
 * The fence is the last statement: it holds the leader's row, which is renewed meanwhile, for the time of the COMMIT only. If another
 * controller has won since the first statement, it does not match, and all is rolled back; if it matches, nobody wins before the
 * COMMIT. One lock makes commits wait for each other: a commit that is sent again while its first try, on a connection that is
 * believed to be cut, goes on, and the first one of the next leader.
 *
 * Every group of rows is one statement over arrays, and all statements are sent at once (pipeline); their row counts are then
 * compared with the sizes of the groups, and COMMIT or ROLLBACK follows: two round trips however large the commit is.
 */
import type pg from 'pg'
import { COLUMNS, columnKind, type ColumnKind, type TableName } from '../columns.ts'
import { commitGroups, type RowGroup } from '../commitGroups.ts'
import { StoreRefusedData, type CommitOutcome, type EngineCommit } from '../store.ts'
import { cleanText } from '../sql.ts'
import { isRefusedData, isTrouble } from './connection.ts'
import type { LeaderConnection } from './leader.ts'

/** The SQL type in which a column's values travel, and how they become the column's own. */
const WIRE: Readonly<Record<ColumnKind, { type: string; cast: (name: string) => string }>> = {
  int: { type: 'bigint', cast: (name) => name },
  real: { type: 'float8', cast: (name) => name },
  text: { type: 'text', cast: (name) => name },
  bool: { type: 'boolean', cast: (name) => name },
  json: { type: 'text', cast: (name) => `${name}::json` },
  time: { type: 'float8', cast: (name) => `to_timestamp(${name} / 1000)` },
}

export function engineCommit(leader: LeaderConnection, p: EngineCommit): Promise<CommitOutcome> {
  const groups = commitGroups(p, encodeValue)
  return leader.run(async (client) => {
    try {
      return await commit(client, p, groups)
    } catch (error) {
      // Rolled back in order.
      if (error instanceof StoreRefusedData) throw error
      // Whatever state the connection is in, the next try starts on a new one, and the fence tells what became of this one.
      await leader.drop()
      throw error
    }
  })
}

async function commit(client: pg.Client, p: EngineCommit, groups: ReturnType<typeof commitGroups>): Promise<CommitOutcome> {
  const sent: Promise<CommitOutcome | null>[] = []
  const send = (group: RowGroup, statement: { text: string; values: unknown[] }): void => {
    sent.push(
      client.query(statement).then(
        ({ rowCount }) => (rowCount === group.rows ? null : mismatch(group)),
        (error: unknown) => refusal(group, error),
      ),
    )
  }
  const begun = client.query('BEGIN')
  const locked = client.query('SELECT pg_advisory_xact_lock($1)', [COMMIT_LOCK])
  // Its own statement: it sees what was committed while the lock was waited for.
  sent.push(look(client, p))
  for (const group of groups.inserts) send(group, insertStatement(group))
  if (groups.ledger_counts.length > 0) sent.push(countLedger(client, groups.ledger_counts))
  for (const group of groups.updates) send(group, updateStatement(group))
  for (const group of groups.xcoms_delete) sent.push(client.query(deleteXComs(group)).then(() => null))
  for (const [i, group] of groups.xcoms_put.entries()) {
    // Beyond a first block each one is written when the last one has arrived: else all would be in memory twice, made at one go.
    if (i > 0) await Promise.allSettled([begun, locked, ...sent])
    send(
      group,
      insertStatement(
        group,
        ' ON CONFLICT (dag_run_id, task_id, map_index, key) DO UPDATE SET value = excluded.value, size = excluded.size, timestamp = excluded.timestamp',
      ),
    )
  }
  if (p.dag_runs_delete.length > 0 || p.dags_delete.length > 0) sent.push(...deleteRows(client, p))
  if (p.commands_answer !== undefined && p.commands_answer.length > 0) sent.push(answerCommands(client, p.epoch, p.commands_answer))

  sent.push(fence(client, p))

  const results = await Promise.allSettled([begun, locked, ...sent])
  // After a first error PostgreSQL refuses the rest of the transaction (25P02): only the first one says anything.
  let outcome: CommitOutcome | null = null
  for (const result of results.slice(2) as PromiseSettledResult<CommitOutcome | null>[]) {
    if (result.status === 'rejected') {
      if (outcome !== null && (result.reason as { code?: string }).code === '25P02') continue
      if (result.reason instanceof StoreRefusedData) await client.query('ROLLBACK')
      throw result.reason
    }
    outcome ??= result.value
  }
  if (results[0]?.status === 'rejected') throw results[0].reason
  if (outcome === null) {
    await client.query('COMMIT')
    return { status: 'committed' }
  }
  await client.query('ROLLBACK')
  return outcome.status === 'conflict' ? { status: 'conflict', detail: await nameRow(client, groups, outcome.detail) } : outcome
}

/** Of this database; any number that nobody else takes. */
const COMMIT_LOCK = 7_103_246_918

/** null = go on. */
async function look(client: pg.Client, p: EngineCommit): Promise<CommitOutcome | null> {
  const { rows } = await client.query<{ epoch: number; commit_seq: number }>('SELECT epoch, commit_seq FROM scheduler_leader')
  const leader = rows[0]
  if (leader === undefined) throw new Error('scheduler_leader has no row')
  if (leader.epoch === p.epoch && leader.commit_seq === p.seq - 1) return null
  return { status: leader.epoch === p.epoch && leader.commit_seq >= p.seq ? 'committed' : 'fenced' }
}

/** null = go on. */
async function fence(client: pg.Client, p: EngineCommit): Promise<CommitOutcome | null> {
  const { rowCount } = await client.query('UPDATE scheduler_leader SET commit_seq = $2 WHERE epoch = $1 AND commit_seq = $2::bigint - 1', [
    p.epoch,
    p.seq,
  ])
  return rowCount === 1 ? null : { status: 'fenced' }
}

const mismatch = (group: RowGroup): CommitOutcome => ({ status: 'conflict', detail: describe(group) })

/** A row that exists already or points at nothing is a disagreement between memory and database, like an expectation that fails. */
function refusal(group: RowGroup, error: unknown): CommitOutcome {
  const { code, detail, message } = error as { code?: string; detail?: string; message?: string }
  if (isRefusedData(code)) throw new StoreRefusedData(`${describe(group)}: ${message ?? ''}`, { cause: error })
  if (code !== '23505' && code !== '23503') throw error
  return { status: 'conflict', detail: `${describe(group)}: ${message ?? ''} ${detail ?? ''}`.trim() }
}

function describe(group: RowGroup): string {
  return `${group.table} ${group.match.length > 0 ? 'update' : 'insert'} of ${group.set.join(', ')}`
}

/** The columns of a group as array parameters: `unnest($1::bigint[], ...) AS v(c0, ...)`. */
function arrays(group: RowGroup): { from: string; values: unknown[]; names: readonly string[] } {
  const names = [...group.set, ...group.match]
  const kinds = names.map((name) => columnKind(group.table, name.replace(/^expect_/, '')))
  const params = kinds.map((kind, i) => `$${i + 1}::${WIRE[kind].type}[]`)
  const values = kinds.map((kind, column) => arrayText(group.values, column, names.length, kind))
  return { from: `unnest(${params.join(', ')}) AS v(${names.map((_, i) => `c${i}`).join(', ')})`, values, names }
}

function insertStatement(group: RowGroup, onConflict = ''): { text: string; values: unknown[] } {
  const { from, values } = arrays(group)
  const selected = group.set.map((name, i) => WIRE[columnKind(group.table, name)].cast(`c${i}`))
  return { text: `INSERT INTO ${group.table} (${group.set.join(', ')}) SELECT ${selected.join(', ')} FROM ${from}${onConflict}`, values }
}

function updateStatement(group: RowGroup): { text: string; values: unknown[] } {
  const { from, values } = arrays(group)
  const key = group.match[0] ?? ''
  const assigned = group.set.map((name, i) => `${name} = ${WIRE[columnKind(group.table, name)].cast(`v.c${i}`)}`)
  if (assigned.length === 0) assigned.push(`${key} = t.${key}`)
  return { text: `UPDATE ${group.table} t SET ${assigned.join(', ')} FROM ${from} WHERE ${matches(group)}`, values }
}

function matches(group: RowGroup): string {
  return group.match.map((name, i) => `t.${name.replace(/^expect_/, '')} = v.c${group.set.length + i}`).join(' AND ')
}

function deleteXComs(group: RowGroup): { text: string; values: unknown[] } {
  const { from, values } = arrays(group)
  return { text: `DELETE FROM xcoms t USING ${from} WHERE ${group.set.map((name, i) => `t.${name} = v.c${i}`).join(' AND ')}`, values }
}

async function countLedger(client: pg.Client, counts: readonly (readonly [string, number])[]): Promise<null> {
  await client.query(
    `INSERT INTO ledger_counts AS c (dag_id, n) SELECT * FROM unnest($1::text[], $2::bigint[])
     ON CONFLICT (dag_id) DO UPDATE SET n = c.n + excluded.n`,
    [counts.map(([dag_id]) => dag_id), counts.map(([, n]) => n)],
  )
  return null
}

/** DAGs and runs with everything that hangs on them. The ledger keeps what concerns the DAG as a whole. */
function deleteRows(client: pg.Client, p: EngineCommit): Promise<null>[] {
  const runs = 'SELECT id FROM dag_runs WHERE id = ANY ($1::bigint[]) OR dag_id = ANY ($2::text[])'
  const both = [p.dag_runs_delete, p.dags_delete]
  const floors = ['dag_runs', 'task_instances', 'ledger', 'backfills'].map(
    (table) => `INSERT INTO id_floors AS f (name, max_id) SELECT '${table}', coalesce(max(id), 0) FROM ${table}
      ON CONFLICT (name) DO UPDATE SET max_id = greatest(f.max_id, excluded.max_id)`,
  )
  const statements: [string, unknown[]][] = [
    ...floors.map((text): [string, unknown[]] => [text, []]),
    [`INSERT INTO log_deletions SELECT id FROM task_instances WHERE dag_run_id IN (${runs}) ON CONFLICT DO NOTHING`, both],
    [
      `WITH gone AS (DELETE FROM ledger WHERE dag_run_id IN (${runs}) RETURNING coalesce(dag_id, '') AS dag_id)
       UPDATE ledger_counts c SET n = c.n - g.n FROM (SELECT dag_id, count(*) AS n FROM gone GROUP BY 1) AS g WHERE c.dag_id = g.dag_id`,
      both,
    ],
    [`DELETE FROM dag_runs WHERE id IN (${runs})`, both],
    ['DELETE FROM dags WHERE dag_id = ANY ($1::text[])', [p.dags_delete]],
    ['DELETE FROM dag_run_counts WHERE dag_id = ANY ($1::text[])', [p.dags_delete]],
  ]
  return statements.map(async ([text, values]) => {
    await client.query(text, values)
    return null
  })
}

/** They were claimed by this epoch, so nobody else has answered them or taken them back. */
async function answerCommands(client: pg.Client, epoch: number, commands: { id: string; answer: string }[]): Promise<CommitOutcome | null> {
  const { rowCount } = await client.query(
    `UPDATE commands c SET answer = v.answer, answered_at = clock_timestamp() FROM unnest($1::text[], $2::text[]) AS v(id, answer)
     WHERE c.id = v.id AND c.epoch = $3 AND c.answered_at IS NULL`,
    [commands.map(({ id }) => id), commands.map(({ answer }) => answer), epoch],
  )
  return rowCount === commands.length ? null : { status: 'conflict', detail: 'commands update of answer' }
}

/** Which row did not match, looked up after the rollback: for people, not for the decision. */
async function nameRow(client: pg.Client, groups: ReturnType<typeof commitGroups>, detail: string): Promise<string> {
  const group = groups.updates.find((candidate) => describe(candidate) === detail)
  if (group === undefined) return detail
  const shown = group.match.flatMap((name, i) => (name.includes('token') ? [] : [`'${name}='`, `v.c${group.set.length + i}`, "' '"]))
  const { from, values } = arrays(group)
  try {
    const { rows } = await client.query<{ row: string }>({
      text: `SELECT concat(${shown.join(', ')}) AS row FROM ${from} WHERE NOT EXISTS (SELECT 1 FROM ${group.table} t WHERE ${matches(group)}) LIMIT 1`,
      values,
    })
    return `${group.table} update ${rows[0]?.row.trim() ?? ''}`
  } catch (error) {
    if (isTrouble(error)) return detail
    throw error
  }
}

/** One column of a flat row-major array as PostgreSQL's array text: faster than the driver's general conversion. */
function arrayText(values: readonly unknown[], column: number, width: number, kind: ColumnKind): string {
  const quoted = kind === 'text' || kind === 'json'
  let text = '{'
  for (let i = column; i < values.length; i += width) {
    const value = values[i]
    if (i > column) text += ','
    if (value === null || value === undefined) text += 'NULL'
    else text += quoted ? quote(value as string) : `${value as number | boolean}`
  }
  return `${text}}`
}

const SPECIAL = /["\\\0]/
function quote(text: string): string {
  return SPECIAL.test(text) ? `"${cleanText(text).replace(/["\\]/g, '\\$&')}"` : `"${text}"`
}

function encodeValue(table: TableName, column: string, value: unknown): unknown {
  if (value === null || value === undefined) return null
  return (COLUMNS[table] as Readonly<Record<string, ColumnKind>>)[column] === 'json' ? JSON.stringify(value) : value
}
