/** Decides what becomes of a task instance that has no state yet: by its trigger rule, its setups, its past and its mapping. */
import { isFinished, type TaskInstanceState } from '#contract/states.ts'
import { reachable } from '#domain/graph.ts'
import { countedAs, decideByTriggerRule, type RuleOutcome } from '#domain/triggerRule.ts'
import { recordOutlets } from './assets.ts'
import type { Engine } from './engine.ts'
import { makeReady, transition } from './instances.ts'
import { expandGroupEarly, mayRunMapped } from './mapping.ts'
import type { Instance } from './model.ts'
import { lookedAt, upstreamCountsOf } from './upstreamCounts.ts'

/** Setups further up must have succeeded, whatever the trigger rule says of what lies between. Null = they have. */
export function setupBefore(instance: Instance): Instance | null {
  const { run, spec } = instance
  if (spec.trigger_rule === 'always') return null
  let found: Instance | null = null
  for (const task of run.graph.setups.indirect[instance.task] ?? []) {
    for (const setup of lookedAt(instance, task)) {
      const counted = countedAs(setup.record.state)
      if (counted === 'failed' || counted === 'upstream_failed') return setup
      if (counted !== 'success' && counted !== 'removed') found = found === null || counted === 'skipped' ? setup : found
    }
  }
  return found
}

/** Work that a person ended is over for the rules at once, but a teardown must not begin beside its processes. */
function isBesideKilled({ run, task }: Instance): boolean {
  const killed = run.instances.filter(({ live }) => live?.isKilled === true)
  if (killed.length === 0) return false
  const above = reachable(run.graph.upstream, [task])
  return killed.some((instance) => above.has(instance.task))
}

/** A teardown waits for all work between its setups and it, whatever the rules of what is directly above. Null = it is over. */
export function unfinishedBetween(instance: Instance): Instance | null {
  for (const task of instance.run.graph.setups.between[instance.task] ?? [])
    for (const work of lookedAt(instance, task)) if (!isFinished(work.record.state)) return work
  return null
}

function setupOutcome(setup: Instance): 'wait' | 'skipped' | 'upstream_failed' {
  const counted = countedAs(setup.record.state)
  if (counted === null) return 'wait'
  return counted === 'skipped' ? 'skipped' : 'upstream_failed'
}

/** What the states above say of an instance: its trigger rule, and its setups. `setup`: the setup that said it. */
export function decideByStates(instance: Instance): { outcome: RuleOutcome; setup: Instance | null } {
  const counts = upstreamCountsOf(instance)
  if (counts === undefined) return { outcome: 'wait', setup: null }
  const byRule = decideByTriggerRule(instance.spec.trigger_rule, counts)
  const setup = setupBefore(instance)
  const bySetup = setup === null ? 'run' : setupOutcome(setup)
  if (byRule === 'run' && unfinishedBetween(instance) !== null) return { outcome: 'wait', setup: null }
  if (bySetup === 'run' || (bySetup === 'wait' && byRule !== 'run')) return { outcome: byRule, setup: null }
  return { outcome: bySetup, setup: bySetup === byRule ? null : setup }
}

/** Decides a `none` instance by its trigger rule and its past. */
export function evaluate(e: Engine, instance: Instance): void {
  const { record, run, spec } = instance
  if (record.state !== 'none' || instance.queue !== null || run.record.state !== 'running' || instance.live !== null) return
  const mapping = run.graph.mappings[instance.task] ?? null
  if (mapping !== null) expandGroupEarly(e, instance, mapping)
  const { outcome, setup } = decideByStates(instance)
  if (outcome === 'wait') return
  const past = pastAllows(instance)
  if (outcome !== 'run') {
    if (spec.wait_for_past_depends_before_skipping && !past.allowed) return
    transition(
      e,
      instance,
      outcome,
      setup !== null
        ? { cause: 'setup', actor: 'scheduler', message: `setup ${setup.record.task_id} is ${setup.record.state}` }
        : { cause: 'trigger_rule', actor: 'scheduler', message: `${spec.trigger_rule} cannot be met` },
      {
        start_time: e.now,
        end_time: e.now,
        state_reason: setup !== null ? `setup ${setup.record.task_id}` : `trigger rule ${spec.trigger_rule}`,
      },
    )
    return
  }
  if (!past.allowed || (spec.is_teardown && isBesideKilled(instance))) return
  if (mapping !== null && !mayRunMapped(e, instance, mapping)) return
  if (spec.kind === 'empty') {
    recordOutlets(e, instance, {})
    transition(e, instance, 'success', { cause: 'empty_operator', actor: 'scheduler' }, { start_time: e.now, end_time: e.now })
    return
  }
  makeReady(e, instance)
}

const GOOD: readonly TaskInstanceState[] = ['success', 'skipped']

/** depends_on_past and wait_for_downstream (Airflow: the previous run's instance, and its direct downstream ones). */
export function pastAllows(instance: Instance): { allowed: boolean; blocking: string | null } {
  const { spec, run } = instance
  if (!spec.depends_on_past && !spec.wait_for_downstream) return { allowed: true, blocking: null }
  if (run.past === undefined) return { allowed: false, blocking: null }
  if (run.past === null) return { allowed: true, blocking: null }
  const own = run.past.stateOf(spec.task_id)
  if (own === null) return { allowed: true, blocking: null }
  if (!GOOD.includes(own)) return { allowed: false, blocking: spec.task_id }
  if (!spec.wait_for_downstream) return { allowed: true, blocking: null }
  for (const task of run.graph.downstream[instance.task] ?? []) {
    const id = run.graph.tasks[task]?.task_id ?? ''
    const state = run.past.stateOf(id)
    if (state !== null && !GOOD.includes(state)) return { allowed: false, blocking: id }
  }
  return { allowed: true, blocking: null }
}
