import { describe, expect, it } from 'vitest'
import type { LedgerEntry } from '#contract/taskInstance.ts'
import { foldEntries, wordsOf } from './entries.ts'

const entry = (id: number, change: Partial<LedgerEntry>): LedgerEntry => ({
  id,
  at: '2026-11-23T09:00:00.000Z',
  kind: 'task_instance.state',
  dag_id: 'd',
  run_id: 'r',
  task_id: `t${id}`,
  map_index: -1,
  attempt: 1,
  from_state: 'failed',
  to_state: 'none',
  cause: 'cleared',
  actor: 'alice',
  message: null,
  ...change,
})

describe('the audit log', () => {
  it('makes one row of what one action did to many task instances', () => {
    const rows = foldEntries([
      entry(5, {}),
      entry(4, {}),
      entry(3, { run_id: 'other' }),
      entry(2, { task_id: null, kind: 'dag.paused', cause: 'user' }),
      entry(1, { task_id: null, kind: 'dag.paused', cause: 'user' }),
    ])
    expect(rows.map(({ entry: { id }, count }) => [id, count])).toEqual([
      [5, 2],
      [3, 1],
      [2, 1],
      [1, 1],
    ])
  })
  it.each([
    [{ kind: 'dag.paused' }, 'paused the DAG'],
    [{ kind: 'dag.unpaused' }, 'unpaused the DAG'],
    [{ kind: 'dag_run.created', cause: 'user' }, 'triggered a run'],
    [{ kind: 'dag_run.created', cause: 'schedule' }, 'created a run by schedule'],
    [{ cause: 'cleared' }, 'cleared'],
    [{ cause: 'marked', to_state: 'success' }, 'marked as success'],
    [{ kind: 'backfill.state', to_state: 'cancelled' }, 'backfill: cancelled'],
    [{ kind: 'task_instance.state', cause: 'dispatched' }, 'Task state'],
    [{ kind: 'something.new', cause: 'x' }, 'something.new'],
  ])('says %j as %s', (change, words) => {
    expect(wordsOf(entry(1, change))).toBe(words)
  })
})
