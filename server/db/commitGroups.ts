/**
 * An engine commit as columns: rows of one table that set the same columns go together, with their values in one flat array.
 * A flat array of plain values crosses a thread several times faster than objects do, and one prepared statement serves a group.
 */
import type { EngineCommit } from './store.ts'
import type { XComRecord } from './records.ts'
import type { TableName } from './columns.ts'

export interface RowGroup {
  table: TableName
  /** Columns that name and expect the row (updates), in the order of the values. */
  match: readonly string[]
  /** Columns that are written. */
  set: readonly string[]
  rows: number
  /** `rows` times the values of `set`, then of `match`. */
  values: unknown[]
}

export interface CommitGroups {
  inserts: RowGroup[]
  updates: RowGroup[]
  xcoms_delete: RowGroup[]
  /** In blocks of about BLOCK_CHARS, each key once in all of them. */
  xcoms_put: RowGroup[]
  /** Rows added to the ledger by DAG ('' = no DAG). */
  ledger_counts: [string, number][]
}

/** Writes a record's value in the dialect's form. */
export type EncodeValue = (table: TableName, column: string, value: unknown) => unknown

/**
 * XComs (24 MiB each, 64 MiB of a worker at once), deferrals and asset events (1 MiB each) have no small limit: as one text they would
 * pass V8's longest string. A block is written in some 10 ms.
 */
export const BLOCK_CHARS = 1024 * 1024

const ATTEMPT_KEY = ['task_instance_id', 'attempt', 'expect_lease_token'] as const
const INSTANCE_KEY = ['id', 'expect_state', 'expect_try_number'] as const

export function commitGroups(p: EngineCommit, encode: EncodeValue): CommitGroups {
  const inserts: RowGroup[] = []
  const add = (table: TableName, rows: readonly object[]): void => {
    if (rows.length > 0) inserts.push(insertGroup(table, rows, encode))
  }
  add(
    'backfills',
    p.backfills_insert.map(({ backfill }) => backfill),
  )
  add(
    'backfill_intervals',
    p.backfills_insert.flatMap(({ intervals }) => intervals),
  )
  add('dag_runs', p.dag_runs_insert)
  add('task_instances', p.task_instances_insert)
  add('attempts', p.attempts_insert)
  add('ledger', p.ledger_insert)
  add('asset_events', p.asset_events_insert)
  const updates = [
    ...updateGroups('dags', ['dag_id'], p.dags_update, encode),
    ...updateGroups('dag_runs', ['id'], p.dag_runs_update, encode),
    ...updateGroups('task_instances', INSTANCE_KEY, p.task_instances_update, encode),
    ...updateGroups('attempts', ATTEMPT_KEY, p.attempts_update, encode),
    ...updateGroups('backfills', ['id'], p.backfills_update, encode),
    ...updateGroups(
      'backfill_intervals',
      ['backfill_id', 'ordinal'],
      p.backfill_intervals_update.map(({ backfill_id, ordinal, dag_run_id }) => ({ backfill_id, ordinal, set: { dag_run_id } })),
      encode,
    ),
  ]
  return {
    inserts,
    updates,
    xcoms_delete: p.xcoms_delete.length === 0 ? [] : [insertGroup('xcoms', p.xcoms_delete, encode)],
    xcoms_put: xcomBlocks(p.xcoms_put).map((block) => insertGroup('xcoms', block, encode)),
    ledger_counts: ledgerCounts(p),
  }
}

/** A larger value is a block of its own. Of several values of one key the last one counts: a statement may write a row only once. */
function xcomBlocks(xcoms: readonly XComRecord[]): XComRecord[][] {
  const last = new Map<string, XComRecord>()
  for (const xcom of xcoms) last.set(`${xcom.dag_run_id} ${xcom.map_index} ${xcom.task_id} ${xcom.key}`, xcom)
  const blocks: XComRecord[][] = []
  let chars = Infinity
  for (const xcom of last.values()) {
    chars += xcom.value.length
    if (chars > BLOCK_CHARS) {
      blocks.push([])
      chars = xcom.value.length
    }
    blocks.at(-1)?.push(xcom)
  }
  return blocks
}

/** Rows of an insert have all the same columns: those of the first row. */
function insertGroup(table: TableName, rows: readonly object[], encode: EncodeValue): RowGroup {
  const set = Object.keys(rows[0] ?? {})
  const values: unknown[] = []
  for (const row of rows as readonly Record<string, unknown>[]) {
    for (const column of set) values.push(encode(table, column, row[column]))
  }
  return { table, match: [], set, rows: rows.length, values }
}

function updateGroups(table: TableName, match: readonly string[], changes: readonly { set: object }[], encode: EncodeValue): RowGroup[] {
  const groups = new Map<string, RowGroup>()
  for (const change of changes as readonly (Record<string, unknown> & { set: Record<string, unknown> })[]) {
    const set = Object.keys(change.set)
    const key = set.join()
    let group = groups.get(key)
    if (group === undefined) groups.set(key, (group = { table, match, set, rows: 0, values: [] }))
    group.rows++
    for (const column of set) group.values.push(encode(table, column, change.set[column]))
    for (const column of match) group.values.push(change[column])
  }
  return [...groups.values()]
}

function ledgerCounts(p: EngineCommit): [string, number][] {
  const counts = new Map<string, number>()
  for (const { dag_id } of p.ledger_insert) counts.set(dag_id ?? '', (counts.get(dag_id ?? '') ?? 0) + 1)
  return [...counts]
}
