/**
 * Trigger rules: what becomes of a task instance, given the states of its direct upstream task instances.
 * Source: Airflow, core-concepts/dags "Trigger Rules" and its trigger-rule dependency, restated. Some outcomes are decided
 * before all upstreams are done (`all_success` with one failure); others wait for the last one.
 */
import type { TaskInstanceState, TriggerRule } from '#contract/states.ts'

/** How many direct upstream task instances are in which finished state. Unfinished ones only count in `total`. */
export interface UpstreamCounts {
  total: number
  success: number
  skipped: number
  failed: number
  upstream_failed: number
  removed: number
  /** The part of them that are setups. */
  setup_total: number
  setup_success: number
  setup_skipped: number
}

/** `wait`: undecided. `run`: the rule is met. Otherwise the final state that the rule gives. */
export type RuleOutcome = 'wait' | 'run' | 'skipped' | 'upstream_failed'

/** Decides by the rule. A task without upstreams always runs. */
export function decideByTriggerRule(rule: TriggerRule, c: UpstreamCounts): RuleOutcome {
  if (c.total === 0 || rule === 'always') return 'run'
  const failures = c.failed + c.upstream_failed
  const done = c.success + c.skipped + failures + c.removed === c.total
  switch (rule) {
    case 'all_success':
      if (failures > 0) return 'upstream_failed'
      if (c.skipped > 0) return 'skipped'
      return c.success + c.removed === c.total ? 'run' : 'wait'
    case 'all_failed':
      if (c.success > 0 || c.skipped > 0) return 'skipped'
      return failures + c.removed === c.total ? 'run' : 'wait'
    case 'all_done':
      return done ? 'run' : 'wait'
    case 'all_done_min_one_success':
      if (c.skipped > 0) return 'skipped'
      if (!done) return 'wait'
      return c.success === 0 ? 'upstream_failed' : 'run'
    case 'all_skipped':
      if (c.success > 0 || failures > 0) return 'skipped'
      return c.skipped + c.removed === c.total ? 'run' : 'wait'
    case 'one_success':
      if (c.success > 0) return 'run'
      if (!done) return 'wait'
      return c.skipped === c.total ? 'skipped' : 'upstream_failed'
    case 'one_failed':
      if (failures > 0) return 'run'
      return done ? 'skipped' : 'wait'
    case 'one_done':
      if (c.success + c.failed > 0) return 'run'
      return done ? 'skipped' : 'wait'
    case 'none_failed':
      if (failures > 0) return 'upstream_failed'
      return done ? 'run' : 'wait'
    case 'none_failed_min_one_success':
      if (failures > 0) return 'upstream_failed'
      if (!done) return 'wait'
      if (c.success > 0) return 'run'
      return c.skipped === c.total ? 'skipped' : 'upstream_failed'
    case 'none_skipped':
      if (c.skipped > 0) return 'skipped'
      return done ? 'run' : 'wait'
    case 'all_done_setup_success':
      if (!done) return 'wait'
      if (c.setup_total > 0 && c.setup_skipped === c.setup_total) return 'skipped'
      if (c.setup_total > 0 && c.setup_success === 0) return 'upstream_failed'
      return 'run'
  }
}

/** The field of UpstreamCounts that a finished state counts in; null for unfinished states. */
export function countedAs(state: TaskInstanceState): 'success' | 'skipped' | 'failed' | 'upstream_failed' | 'removed' | null {
  switch (state) {
    case 'success':
    case 'skipped':
    case 'failed':
    case 'upstream_failed':
    case 'removed':
      return state
    default:
      return null
  }
}
