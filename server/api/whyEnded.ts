/** "Why did it end so without running?", from what is stored: runs leave the engine's memory when they end. */
import type { Static } from 'typebox'
import type { DagSpec } from '#contract/dagSpec.ts'
import type { Why, WhyReason } from '#contract/taskInstance.ts'
import type { TaskInstanceRecord } from '#db/records.ts'
import { type Blame, blame, type BlamedInstance } from '#domain/blame.ts'
import { compileGraph } from '#domain/graph.ts'

type Reason = Static<typeof WhyReason>

/** As server/scheduler writes them into state_reason. */
const BY_RULE = /^trigger rule (\w+)$/
const NOT_CHOSEN = /^not chosen by (.+)$/
/** At most this many upstreams are named; the sentence tells how many there are. */
const NAMED_MAX = 10

/** Whether the answer needs the other task instances of the run. */
export function isEndedByRule(instance: TaskInstanceRecord): boolean {
  return instance.state_reason !== null && BY_RULE.test(instance.state_reason)
}

export function whyEnded(p: { task_instance: TaskInstanceRecord; spec: DagSpec | null; others: readonly TaskInstanceRecord[] }): Why {
  const { task_instance, spec } = p
  const { state, state_reason } = task_instance
  const chooser = NOT_CHOSEN.exec(state_reason ?? '')?.[1]
  const rule = BY_RULE.exec(state_reason ?? '')?.[1]
  let reasons: Reason[]
  if (chooser !== undefined)
    reasons = [{ code: 'branch', message: `It was skipped because ${chooser} did not choose it.`, link: { task_id: chooser } }]
  else if (rule !== undefined && spec !== null) reasons = upstreamReasons({ task_instance, spec, others: p.others, rule })
  else reasons = [{ code: 'finished', message: `It ended as ${state}${state_reason === null ? '' : `: ${state_reason}`}.`, link: {} }]
  return { state, runnable: false, reasons }
}

function upstreamReasons(p: {
  task_instance: TaskInstanceRecord
  spec: DagSpec
  others: readonly TaskInstanceRecord[]
  rule: string
}): Reason[] {
  const graph = compileGraph(p.spec)
  const byTask = Map.groupBy(p.others, ({ task_id }) => task_id)
  const instances = (task: number): BlamedInstance[] =>
    (byTask.get(graph.tasks[task]?.task_id ?? '') ?? []).map(({ task_id, map_index, state, ...other }) => ({
      task_id,
      map_index,
      state,
      by_rule: BY_RULE.test(other.state_reason ?? ''),
    }))
  const task = graph.index.get(p.task_instance.task_id)
  const found = task === undefined ? [] : blame({ graph, task, state: p.task_instance.state, instances })
  const reasons = found.slice(0, NAMED_MAX).map((one) => sentence(one, p.rule))
  if (found.length > NAMED_MAX)
    reasons.push({
      code: 'upstream_state',
      message: `${found.length - NAMED_MAX} more upstream task instances speak against it.`,
      link: {},
    })
  // Its upstreams were cleared since, or belong to another version.
  if (reasons.length === 0)
    reasons.push({
      code: 'finished',
      message: `It ended as ${p.task_instance.state}: its trigger rule ${p.rule} could not be met.`,
      link: {},
    })
  return reasons
}

function sentence({ upstream, roots }: Blame, rule: string): Reason {
  const because = roots.length === 0 ? '' : `, because ${roots.map((root) => `${nameOf(root)} is ${root.state}`).join(' and ')}`
  return {
    code: 'upstream_state',
    message: `Upstream ${nameOf(upstream)} is ${upstream.state}${because}; the trigger rule is ${rule}.`,
    link: { task_id: (roots[0] ?? upstream).task_id },
  }
}

const nameOf = ({ task_id, map_index }: BlamedInstance): string => (map_index < 0 ? task_id : `${task_id}[${map_index}]`)
