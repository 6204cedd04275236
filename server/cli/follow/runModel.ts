/** What the terminal knows about a run: pure state, fed by reads and by live events. */
import type { DagTasks } from '#contract/dag.ts'
import type { DagRun } from '#contract/dagRun.ts'
import type { LiveEvent } from '#contract/events.ts'
import { isFinished, type DagRunState, type TaskInstanceState } from '#contract/states.ts'
import type { TaskInstance } from '#contract/taskInstance.ts'

export interface TaskLine {
  task_id: string
  map_index: number
  /** Ids of the task groups around it, outermost first. */
  groups: readonly string[]
  state: TaskInstanceState
  /** Number of the newest attempt, as its log is named. */
  try_number: number
  /** Attempts that used up no try: they waited (deferred, rescheduled), or were before a clear. */
  free_attempts: number
  start_time: string | null
  end_time: string | null
  state_reason: string | null
}

export interface RunModel {
  dag_id: string
  run_id: string
  state: DagRunState
  state_reason: string | null
  start_time: string | null
  end_time: string | null
  /** In the order of the graph. */
  tasks: Map<string, TaskLine>
}

export function taskKey({ task_id, map_index }: { task_id: string; map_index: number }): string {
  return map_index < 0 ? task_id : `${task_id}[${map_index}]`
}

/** Which of its tries a task instance is in, as its retries count them: going on after a wait is none of its own. */
export function tryOf({ try_number, free_attempts }: TaskLine): number {
  return Math.max(1, try_number - free_attempts)
}

/** What a model needs of the DAG's graph, by task. */
export interface TaskFacts {
  groups: readonly string[]
  max_retries: number
}

export function taskFacts(graph: DagTasks): Map<string, TaskFacts> {
  const groups = groupPaths(graph)
  return new Map(graph.tasks.map(({ id, max_retries }) => [id, { groups: groups.get(id) ?? [], max_retries }]))
}

/** Group path of every task, from the DAG's graph. */
function groupPaths(graph: DagTasks): Map<string, readonly string[]> {
  const parents = new Map(graph.task_groups.map((group) => [group.group_id, group.parent_id]))
  const path = (group: string | null, depth = 0): string[] =>
    // A damaged graph could hold a cycle of groups; nobody nests deeper than this.
    group === null || depth > 50 ? [] : [...path(parents.get(group) ?? null, depth + 1), group]
  return new Map(graph.tasks.map((task) => [task.id, path(task.task_group)]))
}

export function makeModel(run: DagRun, instances: readonly TaskInstance[], facts: ReadonlyMap<string, TaskFacts>): RunModel {
  const tasks = new Map<string, TaskLine>()
  for (const { task_id, map_index, state, try_number, max_tries, start_time, end_time, state_reason } of instances) {
    const { groups = [], max_retries = max_tries - 1 } = facts.get(task_id) ?? {}
    tasks.set(taskKey({ task_id, map_index }), {
      task_id,
      map_index,
      groups,
      state,
      try_number,
      free_attempts: max_tries - max_retries - 1,
      start_time,
      end_time,
      state_reason,
    })
  }
  const { dag_id, run_id, state, state_reason, start_time, end_time } = run
  return { dag_id, run_id, state, state_reason, start_time, end_time, tasks }
}

/** True if the event belongs to the run and changed what is known. */
export function applyEvent(model: RunModel, event: LiveEvent): boolean {
  if (!('run_id' in event) || event.run_id !== model.run_id || event.dag_id !== model.dag_id) return false
  if (event.type === 'dag_run') {
    model.state = event.state
    model.start_time = event.start_time
    model.end_time = event.end_time
    return true
  }
  if (event.type !== 'task_instance') return false
  const key = taskKey(event)
  const known = model.tasks.get(key)
  const groups = known?.groups ?? [...model.tasks.values()].find((task) => task.task_id === event.task_id)?.groups ?? []
  const { task_id, map_index, state, try_number, start_time, end_time } = event
  const isNews = known?.state !== state || known.try_number !== try_number
  // The engine gives a try back in the commit that lets an attempt wait.
  const isWait = isNews && (state === 'deferred' || state === 'up_for_reschedule')
  const free_attempts = (known?.free_attempts ?? 0) + (isWait ? 1 : 0)
  // Events carry no reasons: one that tells what is known already must not take the reason that was read.
  const state_reason = isNews ? null : known.state_reason
  model.tasks.set(key, { task_id, map_index, groups, state, try_number, free_attempts, start_time, end_time, state_reason })
  return isNews
}

export function isEnded(model: RunModel): boolean {
  return model.state === 'success' || model.state === 'failed'
}

/** Numbers of task instances: by state, and how many are finished. */
export function countStates(model: RunModel): { counts: Map<TaskInstanceState, number>; finished: number; total: number } {
  const counts = new Map<TaskInstanceState, number>()
  let finished = 0
  for (const { state } of model.tasks.values()) {
    counts.set(state, (counts.get(state) ?? 0) + 1)
    if (isFinished(state)) finished += 1
  }
  return { counts, finished, total: model.tasks.size }
}
