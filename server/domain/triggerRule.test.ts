import { describe, expect, it } from 'vitest'
import { TRIGGER_RULES, type TaskInstanceState, type TriggerRule } from '#contract/states.ts'
import { countedAs, decideByTriggerRule, type UpstreamCounts } from './triggerRule.ts'

const OPEN = ['none', 'running'] as const
const ENDED = ['success', 'failed', 'skipped', 'upstream_failed'] as const
type State = (typeof OPEN)[number] | (typeof ENDED)[number]

function count(states: readonly TaskInstanceState[]): UpstreamCounts {
  const counts = {
    total: states.length,
    success: 0,
    skipped: 0,
    failed: 0,
    upstream_failed: 0,
    removed: 0,
    setup_total: 0,
    setup_success: 0,
    setup_skipped: 0,
  }
  for (const state of states) {
    const counted = countedAs(state)
    if (counted !== null) counts[counted]++
  }
  return counts
}

/** The rules said a second time, over lists of states, as the table of Airflow's documentation words them. */
const ORACLE: Record<TriggerRule, (s: readonly State[]) => string> = {
  all_success: (s) =>
    s.some(bad) ? 'upstream_failed' : s.includes('skipped') ? 'skipped' : s.every((x) => x === 'success') ? 'run' : 'wait',
  all_failed: (s) => (s.some((x) => x === 'success' || x === 'skipped') ? 'skipped' : s.every(bad) ? 'run' : 'wait'),
  all_done: (s) => (s.every(done) ? 'run' : 'wait'),
  all_done_min_one_success: (s) =>
    s.includes('skipped') ? 'skipped' : !s.every(done) ? 'wait' : s.includes('success') ? 'run' : 'upstream_failed',
  all_skipped: (s) => (s.some((x) => done(x) && x !== 'skipped') ? 'skipped' : s.every((x) => x === 'skipped') ? 'run' : 'wait'),
  one_success: (s) =>
    s.includes('success') ? 'run' : !s.every(done) ? 'wait' : s.every((x) => x === 'skipped') ? 'skipped' : 'upstream_failed',
  one_failed: (s) => (s.some(bad) ? 'run' : s.every(done) ? 'skipped' : 'wait'),
  one_done: (s) => (s.some((x) => x === 'success' || x === 'failed') ? 'run' : s.every(done) ? 'skipped' : 'wait'),
  none_failed: (s) => (s.some(bad) ? 'upstream_failed' : s.every(done) ? 'run' : 'wait'),
  none_failed_min_one_success: (s) =>
    s.some(bad) ? 'upstream_failed' : s.every((x) => x === 'skipped') ? 'skipped' : s.every(done) ? 'run' : 'wait',
  none_skipped: (s) => (s.includes('skipped') ? 'skipped' : s.every(done) ? 'run' : 'wait'),
  always: () => 'run',
  all_done_setup_success: (s) => (s.every(done) ? 'run' : 'wait'),
}
function bad(state: State): boolean {
  return state === 'failed' || state === 'upstream_failed'
}
function done(state: State): boolean {
  return (ENDED as readonly string[]).includes(state)
}

function* combinations(length: number): Generator<State[]> {
  if (length === 0) return yield []
  for (const rest of combinations(length - 1)) for (const state of [...OPEN, ...ENDED]) yield [...rest, state]
}

describe('trigger rules', () => {
  for (const rule of TRIGGER_RULES) {
    it(`${rule} decides every combination of up to three upstreams as its wording says`, () => {
      for (const length of [1, 2, 3])
        for (const states of combinations(length))
          expect(decideByTriggerRule(rule, count(states)), states.join()).toBe(ORACLE[rule](states))
    })
    it(`${rule} lets a task without upstreams run`, () => {
      expect(decideByTriggerRule(rule, count([]))).toBe('run')
    })
  }
  it('counts removed upstreams neither as failures nor as needs', () => {
    expect(decideByTriggerRule('all_success', count(['success', 'removed']))).toBe('run')
    expect(decideByTriggerRule('none_failed', count(['removed', 'skipped']))).toBe('run')
  })
  it('runs a teardown once everything is done and one of its setups succeeded', () => {
    const setups = { setup_total: 2, setup_success: 1, setup_skipped: 0 }
    expect(decideByTriggerRule('all_done_setup_success', { ...count(['success', 'failed', 'failed']), ...setups })).toBe('run')
    expect(decideByTriggerRule('all_done_setup_success', { ...count(['failed', 'failed']), ...setups, setup_success: 0 })).toBe(
      'upstream_failed',
    )
    expect(
      decideByTriggerRule('all_done_setup_success', { ...count(['skipped', 'skipped']), ...setups, setup_success: 0, setup_skipped: 2 }),
    ).toBe('skipped')
  })
})
