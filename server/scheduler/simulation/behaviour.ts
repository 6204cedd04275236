/**
 * What the tasks of a simulation do when they run: a function of seed, run, task and attempt number alone, so that an oracle
 * that never saw the engine can tell what must have come of them (oracle.ts).
 */
import type { DagSpec, TaskSpec } from '#contract/dagSpec.ts'
import type { AttemptReport } from '../ports.ts'
import { chanceOf } from './random.ts'

type Outcome = Extract<AttemptReport, { type: 'ended' }>['outcome']

export interface Behaviour {
  outcome: Exclude<Outcome, 'killed'>
  skip_task_ids: string[]
  /** Of `rescheduled`: how long after the end the next poke is due; null = at once. */
  reschedule_ms: number | null
  /** Of `deferred`: how long after the end it goes on without an event; null = never. */
  deferral_timeout_ms: number | null
}

export const SENSOR = 'Sensor'
export const DEFERRABLE = 'Deferrable'
export const BRANCH = 'Branch'
/** Skips everything downstream, whatever the trigger rules say. */
export const SHORT_CIRCUIT = 'ShortCircuit'

export function behave(p: { seed: number; fail_rate: number; run_id: string; spec: DagSpec; task: TaskSpec; attempt: number }): Behaviour {
  const { task } = p
  const key = `${p.seed} ${p.run_id} ${task.task_id} ${p.attempt}`
  const dice = chanceOf(key)
  const plain = (outcome: Behaviour['outcome']): Behaviour => ({
    outcome,
    skip_task_ids: [],
    reschedule_ms: null,
    deferral_timeout_ms: null,
  })
  if (dice < p.fail_rate) return plain(dice < p.fail_rate * 0.2 ? 'failed_final' : 'failed')
  if (dice < p.fail_rate + 0.04) return plain('skipped')
  const second = chanceOf(`${key} how`)
  if (task.operator === SENSOR && second < 0.6)
    return { ...plain('rescheduled'), reschedule_ms: second < 0.1 ? null : Math.floor(second * 8000) - 500 }
  if (task.operator === DEFERRABLE && second < 0.6)
    return { ...plain('deferred'), deferral_timeout_ms: second < 0.3 ? Math.floor(second * 40_000) : null }
  if (task.operator === BRANCH)
    return { ...plain('success'), skip_task_ids: downstreamOf(p.spec, task.task_id).filter((id) => chanceOf(`${key} ${id}`) < 0.5) }
  if (task.operator === SHORT_CIRCUIT && second < 0.5) return { ...plain('success'), skip_task_ids: allDownstreamOf(p.spec, task.task_id) }
  return plain('success')
}

export function downstreamOf(spec: DagSpec, task_id: string): string[] {
  return spec.edges.filter(([up]) => up === task_id).map(([, down]) => down)
}

export function allDownstreamOf(spec: DagSpec, task_id: string): string[] {
  const found = new Set<string>()
  const stack = [task_id]
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    for (const next of downstreamOf(spec, at)) {
      if (found.has(next)) continue
      found.add(next)
      stack.push(next)
    }
  }
  return [...found]
}
