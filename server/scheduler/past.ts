/** Finds the run before a run, for depends_on_past: in memory, or in the database if it has left memory. */
import type { DagRunRecord } from '#db/records.ts'
import type { EngineStore } from '#db/store.ts'
import type { TaskInstanceState } from '#contract/states.ts'
import type { Engine } from './engine.ts'
import type { ActiveRun } from './model.ts'

type Found = { run: DagRunRecord; states: { task_id: string; map_index: number; state: TaskInstanceState }[] } | null

/** What to ask the database; null = the run has no logical date and so no run before it. */
export function pastQuestion(run: ActiveRun): Parameters<EngineStore['previousRunGet']>[0] | null {
  const date = run.record.logical_date
  if (date === null) return null
  // With catchup every scheduled run has one before it; otherwise any earlier run counts (Airflow's previous dag run).
  return { dag_id: run.record.dag_id, before_logical_date: date, only_scheduled: run.version.spec.catchup === true }
}

/** Links a run to the one before it and evaluates what waited for that. */
export function pastLoaded(e: Engine, run: ActiveRun, found: Found): void {
  if (e.runs.get(run.record.id) !== run) return
  if (found !== null && (found.run.state === 'queued' || found.run.state === 'running') && !e.runs.has(found.run.id)) {
    // It ended and left memory while it was being read: what was read is old.
    e.pending.effects.push(() => e.dependencies.requestPast(run))
    return
  }
  const inMemory = newestBefore(run)
  if (inMemory !== null && (found === null || (inMemory.record.logical_date ?? 0) >= (found.run.logical_date ?? 0))) {
    linkPast(run, inMemory)
  } else if (found === null) run.past = null
  else {
    const states = statesByTask(found.states)
    run.past = { dag_run_id: found.run.id, run_id: found.run.run_id, stateOf: (task_id) => states.get(task_id) ?? null }
  }
  for (const instance of run.instances) if (instance.record.state === 'none') e.dirty.push(instance)
}

/** `next` looks back at a run in memory, and is evaluated again when something of it ends. */
export function linkPast(next: ActiveRun, run: ActiveRun): void {
  next.waits_for?.waitingForThis.delete(next)
  next.waits_for = run
  run.waitingForThis.add(next)
  next.past = {
    dag_run_id: run.record.id,
    run_id: run.record.run_id,
    stateOf(task_id) {
      const task = run.graph.index.get(task_id)
      return task === undefined ? null : stateOfAll((run.byTask[task] ?? []).map(({ record }) => record.state))
    },
  }
}

function newestBefore(run: ActiveRun): ActiveRun | null {
  const question = pastQuestion(run)
  let newest: ActiveRun | null = null
  if (question === null) return null
  for (const other of run.dag.runs.values()) {
    const date = other.record.logical_date
    if (other === run || date === null || date >= question.before_logical_date) continue
    if (question.only_scheduled && other.record.run_type === 'manual') continue
    if (newest === null || date > (newest.record.logical_date ?? 0)) newest = other
  }
  return newest
}

/** One state for all instances of a task: that of the first one that did not go well, if there is one. Removed ones say nothing. */
function stateOfAll(states: readonly TaskInstanceState[]): TaskInstanceState | null {
  const counted = states.length > 1 ? states.filter((state) => state !== 'removed') : states
  return counted.find((state) => state !== 'success' && state !== 'skipped') ?? counted[0] ?? states[0] ?? null
}

export function statesByTask(rows: readonly { task_id: string; state: TaskInstanceState }[]): Map<string, TaskInstanceState | null> {
  const states = new Map<string, TaskInstanceState[]>()
  for (const { task_id, state } of rows) {
    const known = states.get(task_id)
    if (known === undefined) states.set(task_id, [state])
    else known.push(state)
  }
  return new Map([...states].map(([task_id, all]) => [task_id, stateOfAll(all)]))
}
