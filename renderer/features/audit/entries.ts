/** Entries of the audit log as people read them: what one action did to many task instances is one row. Pure. */
import type { LedgerEntry } from '#contract/taskInstance.ts'
import { strings } from '../../strings.ts'
import { stateWord } from '../../ui/StateBadge.tsx'
import { STATE_COLORS, type AnyState } from '../../ui/stateColors.ts'

export interface AuditRow {
  /** The newest entry of the row. */
  entry: LedgerEntry
  /** Entries that one action made at the same moment. */
  count: number
}

/** `entries`: newest first. */
export function foldEntries(entries: readonly LedgerEntry[]): AuditRow[] {
  const rows: AuditRow[] = []
  for (const entry of entries) {
    const last = rows.at(-1)
    if (last && isSameAction(last.entry, entry)) last.count += 1
    else rows.push({ entry, count: 1 })
  }
  return rows
}

function isSameAction(a: LedgerEntry, b: LedgerEntry): boolean {
  return (
    a.task_id !== null &&
    b.task_id !== null &&
    a.at === b.at &&
    a.kind === b.kind &&
    a.run_id === b.run_id &&
    a.actor === b.actor &&
    a.cause === b.cause &&
    a.to_state === b.to_state
  )
}

export const asState = (state: string | null): AnyState | null => (state !== null && state in STATE_COLORS ? (state as AnyState) : null)

/** What happened, in words; the state is shown beside it where there is one. */
export function wordsOf({ kind, cause, to_state }: LedgerEntry): string {
  const text = strings.audit
  if (kind === 'dag.paused') return text.paused
  if (kind === 'dag.unpaused') return text.unpaused
  if (kind === 'dag.deleted') return text.deletedDag
  if (kind === 'dag_run.created') return text.createdBy[cause] ?? text.triggered
  if (kind === 'dag_run.deleted') return text.deletedRun
  if (kind === 'backfill.created') return text.backfill
  const state = asState(to_state)
  if (kind === 'backfill.state') return text.backfillState(state === null ? (to_state ?? '') : stateWord(state))
  if (cause === 'cleared') return text.cleared
  if (cause === 'marked') return text.marked(state === null ? (to_state ?? '') : stateWord(state))
  if (cause === 'cancelled') return text.cancelled
  if (cause === 'new_version') return text.newVersion
  return text.kinds[kind] ?? kind
}

/** Kinds that a person may filter by. */
export const KINDS = Object.keys(strings.audit.kinds)
