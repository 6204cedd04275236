/**
 * A finished run as the engine leaves it: states that follow from the graph, times that follow from each other, attempts, ledger.
 * One task of a failed run fails (after its retries), what hangs on it is upstream_failed unless its trigger rule lets it run.
 */
import type { AttemptState, DagRunState, RunType, TaskInstanceState } from '#contract/states.ts'
import type { AttemptRecord, DagRunRecord, DagVersionRecord, LedgerRecord, TaskInstanceRecord } from '#db/records.ts'
import type { CompiledGraph } from '#domain/graph.ts'
import type { Random } from './random.ts'

export interface Ids {
  dag_run: number
  task_instance: number
  ledger: number
}

export interface PastRunPlan {
  version: DagVersionRecord
  graph: CompiledGraph
  run_id: string
  run_type: RunType
  logical_date: number | null
  interval: { start: number; end: number } | null
  run_after: number
  fails: boolean
  /** All transitions of each task instance, instead of the last one only. */
  is_told_in_full: boolean
  /** Mean seconds of a task. */
  task_seconds: number
}

export interface PastRun {
  run: DagRunRecord
  task_instances: TaskInstanceRecord[]
  attempts: AttemptRecord[]
  ledger: LedgerRecord[]
}

const WORKERS = ['worker-1', 'worker-2', 'worker-3']

interface Fate {
  state: TaskInstanceState
  scheduled: number
  start: number | null
  end: number
  tries: number
}

export function pastRun(p: PastRunPlan, ids: Ids, random: Random): PastRun {
  const { graph, version } = p
  const began = p.run_after + Math.round(200 + random() * 2_000)
  const fates = fatesOf(p, began, random)
  const counts: Partial<Record<TaskInstanceState, number>> = {}
  let ended = began
  for (const { state, end } of fates) {
    counts[state] = (counts[state] ?? 0) + 1
    ended = Math.max(ended, end)
  }
  const isBad = (task: number): boolean => fates[task]?.state === 'failed' || fates[task]?.state === 'upstream_failed'
  const state: DagRunState = graph.deciders.some(isBad) ? 'failed' : 'success'
  const run: DagRunRecord = {
    id: ids.dag_run++,
    dag_id: version.dag_id,
    run_id: p.run_id,
    run_type: p.run_type,
    state,
    logical_date: p.logical_date,
    data_interval_start: p.interval?.start ?? null,
    data_interval_end: p.interval?.end ?? null,
    run_after: p.run_after,
    queued_time: p.run_after + 5,
    start_time: began,
    end_time: ended,
    triggered_by: p.run_type === 'manual' ? 'admin' : 'scheduler',
    conf: {},
    note: null,
    dag_version_id: version.id,
    backfill_id: null,
    state_reason: state === 'failed' ? 'task_failure' : 'success',
    task_counts: counts,
    callback: null,
    asset_events: null,
  }
  const past: PastRun = { run, task_instances: [], attempts: [], ledger: [] }
  const told = teller(past, ids)
  told({ at: run.queued_time, kind: 'dag_run.created', to_state: 'queued', cause: p.run_type === 'manual' ? 'user' : 'schedule' })
  told({ at: began, kind: 'dag_run.state', from_state: 'queued', to_state: 'running', cause: 'room' })
  fates.forEach((fate, task) => addInstance(p, past, { fate, task, id: ids.task_instance++, told }))
  told({ at: ended, kind: 'dag_run.state', from_state: 'running', to_state: state, cause: run.state_reason ?? 'success' })
  return past
}

type Tell = (entry: Pick<LedgerRecord, 'at' | 'kind' | 'to_state' | 'cause'> & Partial<LedgerRecord>) => void

const teller =
  (past: PastRun, ids: Ids): Tell =>
  (entry) => {
    past.ledger.push({
      id: ids.ledger++,
      dag_id: past.run.dag_id,
      dag_run_id: past.run.id,
      task_instance_id: null,
      attempt: null,
      from_state: null,
      actor: 'scheduler',
      message: null,
      ...entry,
    })
  }

function fatesOf({ graph, fails, task_seconds }: PastRunPlan, began: number, random: Random): Fate[] {
  const fates = new Array<Fate>(graph.tasks.length)
  const culprit = fails ? graph.order[Math.floor(random() * graph.order.length * 0.9)] : -1
  for (const task of graph.order) {
    const spec = graph.tasks[task]
    if (spec === undefined) continue
    let at = began
    let isBlocked = false
    for (const up of graph.upstream[task] ?? []) {
      const before = fates[up]
      if (before === undefined) continue
      at = Math.max(at, before.end)
      if (before.state !== 'success') isBlocked = true
    }
    const scheduled = at + 1
    if (isBlocked && spec.trigger_rule === 'all_success') {
      fates[task] = { state: 'upstream_failed', scheduled, start: null, end: scheduled, tries: 0 }
    } else if (spec.kind === 'empty') {
      fates[task] = { state: 'success', scheduled, start: scheduled, end: scheduled, tries: 0 }
    } else {
      const isFailed = task === culprit
      const tries = isFailed ? spec.retries + 1 : spec.retries > 0 && random() < 0.02 ? 2 : 1
      const start = scheduled + 2 + Math.round(random() * 800) + (tries - 1) * (spec.retry_delay_ms + 1_000)
      // Most tasks take about the mean, few take several times as long.
      const took = Math.round(task_seconds * 1_000 * (0.3 + random() + 4 * random() ** 12))
      fates[task] = { state: isFailed ? 'failed' : 'success', scheduled, start, end: start + took, tries }
    }
  }
  return fates
}

interface Placed {
  fate: Fate
  task: number
  id: number
  told: Tell
}

function addInstance(p: PastRunPlan, past: PastRun, { fate, task, id, told }: Placed): void {
  const spec = p.graph.tasks[task]
  if (spec === undefined) return
  const worker_id = WORKERS[id % WORKERS.length] ?? ''
  const reason = fate.state === 'failed' ? 'exit code 1' : null
  past.task_instances.push({
    id,
    dag_run_id: past.run.id,
    task_id: spec.task_id,
    map_index: -1,
    state: fate.state,
    try_number: fate.tries,
    max_tries: spec.retries + 1,
    operator: spec.operator,
    pool: spec.pool,
    pool_slots: spec.pool_slots,
    queue: spec.queue,
    priority_weight: p.graph.weights[task] ?? spec.priority_weight,
    scheduled_time: fate.state === 'upstream_failed' ? null : fate.scheduled,
    queued_time: fate.tries === 0 ? null : fate.scheduled + 1,
    start_time: fate.start,
    end_time: fate.end,
    next_try_at: null,
    worker_id: fate.tries === 0 ? null : worker_id,
    lease_token: null,
    state_reason: reason,
    note: null,
    map_length: null,
    rendered_map_index: null,
    deferral: null,
    continuations: 0,
    waiting_since: null,
  })
  for (let attempt = 1; attempt <= fate.tries; attempt += 1) past.attempts.push(attemptOf({ fate, id, attempt, worker_id, reason }))
  const entry = { kind: 'task_instance.state', task_instance_id: id, attempt: fate.tries === 0 ? null : fate.tries }
  if (fate.tries === 0) {
    const cause = fate.state === 'success' ? 'empty_operator' : 'trigger_rule'
    told({ ...entry, at: fate.end, from_state: 'none', to_state: fate.state, cause })
    return
  }
  if (p.is_told_in_full) {
    told({ ...entry, at: fate.scheduled, from_state: 'none', to_state: 'scheduled', cause: 'runnable', attempt: null })
    told({ ...entry, at: fate.scheduled + 1, from_state: 'scheduled', to_state: 'queued', cause: 'dispatched', message: worker_id })
    told({ ...entry, at: fate.start ?? fate.end, from_state: 'queued', to_state: 'running', cause: 'worker_report', actor: worker_id })
  }
  told({ ...entry, at: fate.end, from_state: 'running', to_state: fate.state, cause: 'worker_report', actor: worker_id, message: reason })
}

function attemptOf(a: { fate: Fate; id: number; attempt: number; worker_id: string; reason: string | null }): AttemptRecord {
  const { fate } = a
  const isLast = a.attempt === fate.tries
  const isFailed = !isLast || fate.state === 'failed'
  const state: AttemptState = isFailed ? 'failed' : 'success'
  // An earlier attempt ended right away.
  const start = isLast ? (fate.start ?? fate.end) : fate.scheduled + 10
  return {
    task_instance_id: a.id,
    attempt: a.attempt,
    state,
    lease_token: `lease-${a.id}-${a.attempt}`,
    worker_id: a.worker_id,
    hostname: a.worker_id,
    pid: 1_000 + (a.id % 30_000),
    queued_time: isLast ? Math.max(fate.scheduled + 1, start - 3) : fate.scheduled + 1,
    start_time: start,
    end_time: isLast ? fate.end : start + 500,
    exit_code: isFailed ? 1 : 0,
    signal: null,
    reason: isFailed ? 'exit code 1' : null,
    max_rss_bytes: 20_000_000 + (a.id % 1_000) * 10_000,
  }
}
