/** "Why is it not running?" answered from memory, with something to click for each reason. */
import type { Why } from '#contract/taskInstance.ts'
import type { Static } from 'typebox'
import type { WhyReason } from '#contract/taskInstance.ts'
import { isFinished } from '#contract/states.ts'
import type { Engine } from './engine.ts'
import { pastAllows, setupBefore, unfinishedBetween } from './evaluate.ts'
import { limitsOf } from './limits.ts'
import { instant } from './liveEventsOf.ts'
import type { Instance } from './model.ts'

type Reason = Static<typeof WhyReason>

const reason = (code: string, message: string, link: Record<string, string> = {}): Reason => ({ code, message, link })

export function why(e: Engine, instance: Instance): Why {
  const { record, run } = instance
  const state = record.state
  if (isFinished(state))
    return {
      state,
      runnable: false,
      reasons: [
        reason(
          'finished',
          `It ended as ${state}${record.state_reason === null ? '' : ` (${record.state_reason})`}. Clear it to run it again.`,
        ),
      ],
    }
  if (state === 'running' || state === 'queued' || state === 'restarting') return { state, runnable: true, reasons: [onWorker(instance)] }
  const reasons: Reason[] = []
  if (run.record.state === 'queued') reasons.push(...whyRunWaits(instance))
  if (run.dag.record.is_paused && run.record.run_type !== 'manual')
    reasons.push(
      reason('dag_paused', `DAG ${run.record.dag_id} is paused: no task of its scheduled runs starts. Unpause it.`, {
        dag_id: run.record.dag_id,
      }),
    )
  if (record.next_try_at !== null && state === 'up_for_retry')
    reasons.push(reason('retry_delay', `Try ${record.try_number + 1} is due at ${instant(record.next_try_at)}.`))
  if (record.next_try_at !== null && state === 'up_for_reschedule')
    reasons.push(reason('reschedule', `The next poke is due at ${instant(record.next_try_at)}.`))
  if (state === 'deferred') reasons.push(whyDeferred(e, instance))
  if (state === 'none') reasons.push(...upstreams(instance), ...setups(instance), ...past(instance))
  if (state === 'scheduled') reasons.push(...limits(e, instance))
  return { state, runnable: reasons.length === 0, reasons }
}

function whyDeferred(e: Engine, { record }: Instance): Reason {
  const worker_id = e.errands.get(record.deferral?.token ?? '')?.worker_id ?? null
  const until = record.next_try_at === null ? '' : ` It gives up at ${instant(record.next_try_at)}.`
  if (worker_id === null) return reason('deferred', `No worker of queue ${record.queue} watches its trigger yet.${until}`)
  return reason('deferred', `Worker ${worker_id} watches its trigger.${until}`, { worker_id })
}

function onWorker(instance: Instance): Reason {
  const { record } = instance
  const worker_id = record.worker_id ?? ''
  if (record.state === 'running') return reason('running', `Attempt ${record.try_number} runs on worker ${worker_id}.`, { worker_id })
  if (record.state === 'restarting')
    return reason('restarting', `Its old attempt is being ended on worker ${worker_id}; then it starts again.`, { worker_id })
  return reason('queued', `Worker ${worker_id} has it and starts it when one of its slots is free.`, { worker_id })
}

function whyRunWaits({ run }: Instance): Reason[] {
  const running = [...run.dag.runs.values()].filter(({ record }) => record.state === 'running')
  const first = running[0]
  if (running.length < run.dag.record.max_active_runs) return [reason('run_queued', 'Its run has not started yet.')]
  return [
    reason(
      'max_active_runs',
      `${running.length} runs of ${run.record.dag_id} are running, and max_active_runs is ${run.dag.record.max_active_runs}.`,
      first === undefined ? {} : { run_id: first.record.run_id },
    ),
  ]
}

/** At most this many upstreams are named; the sentence tells how many there are. */
const NAMED_MAX = 10

/** Nothing was decided about it yet: it waits, like the one that asks. */
const inWords = (state: string): string => (state === 'none' ? 'waiting' : state)

function upstreams(instance: Instance): Reason[] {
  const { run, spec } = instance
  const waiting: Reason[] = []
  let count = 0
  for (const task of run.graph.upstream[instance.task] ?? []) {
    for (const upstream of run.byTask[task] ?? []) {
      if (isFinished(upstream.record.state)) continue
      if (++count <= NAMED_MAX)
        waiting.push(
          reason(
            'upstream',
            `Upstream ${upstream.record.task_id} is ${inWords(upstream.record.state)}; its trigger rule is ${spec.trigger_rule}.`,
            {
              task_id: upstream.record.task_id,
            },
          ),
        )
    }
  }
  const between = unfinishedBetween(instance)
  if (count === 0 && between !== null) {
    const { task_id, state } = between.record
    waiting.push(reason('upstream', `It waits for ${task_id}, which is ${inWords(state)} between its setup and it.`, { task_id }))
  }
  if (count > NAMED_MAX) waiting.push(reason('upstream', `${count - NAMED_MAX} more upstream task instances are not finished.`))
  return waiting
}

function setups(instance: Instance): Reason[] {
  const setup = setupBefore(instance)
  if (setup === null) return []
  const { task_id, state } = setup.record
  return [reason('setup', `Its setup ${task_id} is ${inWords(state)}, and must have succeeded.`, { task_id })]
}

function past(instance: Instance): Reason[] {
  const { allowed, blocking } = pastAllows(instance)
  if (allowed) return []
  if (blocking === null) return [reason('past_run', 'The run before is being looked up.')]
  const { run_id = '' } = instance.run.past ?? {}
  return [
    reason('past_run', `${blocking} of the run before, ${run_id}, has not succeeded (depends_on_past or wait_for_downstream).`, {
      run_id,
      task_id: blocking,
    }),
  ]
}

function limits(e: Engine, instance: Instance): Reason[] {
  const { record } = instance
  const reasons: Reason[] = []
  for (const { limit, slots } of limitsOf(e, instance).limits) {
    if (limit.used + slots <= limit.max) continue
    if (limit.code === 'pool_missing')
      reasons.push(
        reason('pool_missing', `Pool ${limit.name} does not exist, so nothing in it can run. Make it, or change the task's pool.`, {
          pool: limit.name,
        }),
      )
    else if (limit.code === 'pool' && slots > limit.max)
      reasons.push(reason('pool_too_small', `It needs ${slots} slots, but pool ${limit.name} has only ${limit.max}.`, { pool: limit.name }))
    else if (limit.code === 'pool')
      reasons.push(reason('pool_full', `Pool ${limit.name} is full: ${limit.used} of ${limit.max} slots are taken.`, { pool: limit.name }))
    else reasons.push(reason(limit.code, `${limit.used} of ${limit.max} allowed by ${limit.code} are active.`))
  }
  if (e.parallelism.used >= e.parallelism.max)
    reasons.push(reason('parallelism', `All ${e.parallelism.max} task slots of the installation are taken (parallelism).`))
  const connected = [...e.workers.values()].filter((worker) => worker.serves(record.queue) && worker.is_connected)
  const serving = connected.filter((worker) => !worker.is_draining)
  const [draining] = connected
  if (serving.length === 0 && draining !== undefined)
    reasons.push(
      reason(
        'workers_draining',
        `${connected.length === 1 ? `The only worker of queue ${record.queue} is` : `All ${connected.length} workers of queue ${record.queue} are`} draining: nothing new starts. To let one take tasks again: vortex workers resume ${draining.hello.worker_id}`,
        { worker_id: draining.hello.worker_id },
      ),
    )
  else if (serving.length === 0) reasons.push(reason('no_worker', `No worker that serves queue ${record.queue} is connected.`))
  else if (serving.every((worker) => worker.attempts.size >= worker.allowance))
    reasons.push(reason('worker_capacity', `All ${serving.length} workers of queue ${record.queue} are full.`))
  return reasons
}
