/** The tasks of a DAG as rows: what each is, and how it went in the newest run. Pure. */
import type { DagTasks, Task } from '#contract/dag.ts'
import type { TaskInstance } from '#contract/taskInstance.ts'
import { summarise, type StateSummary } from '../graph/taskStates.ts'

export interface TaskRow {
  task: Task
  /** Of all its instances in the newest run; null = that run does not have it. */
  last: StateSummary | null
}

export function taskRows(dag: DagTasks, instances: readonly TaskInstance[]): TaskRow[] {
  const byTask = Map.groupBy(instances, ({ task_id }) => task_id)
  return dag.tasks.map((task) => {
    const own = byTask.get(task.id)
    return { task, last: own === undefined ? null : summarise(own) }
  })
}

/** By id, by the name that is shown, or by operator. */
export function matchingRows(rows: readonly TaskRow[], q: string | undefined): readonly TaskRow[] {
  const wanted = q?.trim().toLowerCase() ?? ''
  if (wanted === '') return rows
  return rows.filter(({ task }) => [task.id, task.name, task.operator].some((text) => text.toLowerCase().includes(wanted)))
}
