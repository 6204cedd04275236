/**
 * States of a run's tasks for the nodes of a graph. Nodes subscribe by id, so a change of one task renders one node (and the folded
 * group around it), not the graph. Invariant: a summary keeps its identity while nothing in it changed.
 */
import { createContext, useContext, useSyncExternalStore } from 'react'
import { SHOWN_FIRST } from '#contract/gridCells.ts'
import { TASK_INSTANCE_STATES, type TaskInstanceState } from '#contract/states.ts'
import { spanOf } from '../../lib/taskSpan.ts'

export interface StateSummary {
  /** The one that the node's colour shows: the most alarming, then the most active. */
  state: TaskInstanceState
  total: number
  counts: ReadonlyMap<TaskInstanceState, number>
  start_time: string | null
  end_time: string | null
}
interface Instance {
  task_id: string
  state: TaskInstanceState
  start_time: string | null
  end_time: string | null
  waiting_since?: string | null
}

export class TaskStates {
  #byTask = new Map<string, Instance[]>()
  #summaries = new Map<string, { signature: string; summary: StateSummary }>()
  #generation = 0
  #checked = new Map<string, number>()
  readonly #listeners = new Set<() => void>()

  /** Takes the task instances of a run (empty = no run). */
  set(instances: readonly Instance[]): void {
    const byTask = new Map<string, Instance[]>()
    for (const instance of instances) {
      const list = byTask.get(instance.task_id)
      if (list) list.push(instance)
      else byTask.set(instance.task_id, [instance])
    }
    this.#byTask = byTask
    this.#generation += 1
    for (const listener of this.#listeners) listener()
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Summary of what node `id` stands for; null while no run is shown. */
  summary(id: string, taskIds: readonly string[]): StateSummary | null {
    const before = this.#summaries.get(id)
    if (before && this.#checked.get(id) === this.#generation) return before.summary
    const instances = taskIds.flatMap((taskId) => this.#byTask.get(taskId) ?? [])
    if (instances.length === 0) {
      this.#summaries.delete(id)
      return null
    }
    this.#checked.set(id, this.#generation)
    const summary = summarise(instances)
    const signature = JSON.stringify([summary.total, [...summary.counts], summary.start_time, summary.end_time])
    if (before?.signature === signature) return before.summary
    this.#summaries.set(id, { signature, summary })
    return summary
  }
}

export function summarise(instances: readonly Instance[]): StateSummary {
  const counts = new Map<TaskInstanceState, number>()
  for (const { state } of instances) counts.set(state, (counts.get(state) ?? 0) + 1)
  const ordered = new Map(TASK_INSTANCE_STATES.flatMap((state) => (counts.has(state) ? [[state, counts.get(state) ?? 0] as const] : [])))
  const spans = instances.map(spanOf)
  const starts = spans.flatMap(({ start }) => (start === null ? [] : [start])).sort()
  const goesOn = spans.some(({ start, end }) => start !== null && end === null)
  const ends = spans.flatMap(({ end }) => (end === null ? [] : [end])).sort()
  return {
    state: SHOWN_FIRST.find((state) => counts.has(state)) ?? 'none',
    total: instances.length,
    counts: ordered,
    start_time: starts[0] ?? null,
    end_time: goesOn ? null : (ends.at(-1) ?? null),
  }
}

export const TaskStatesContext = createContext<TaskStates>(new TaskStates())

export function useNodeStates(id: string, taskIds: readonly string[]): StateSummary | null {
  const states = useContext(TaskStatesContext)
  return useSyncExternalStore(states.subscribe, () => states.summary(id, taskIds))
}
