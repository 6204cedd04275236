/** What an edited DAG changes against a version of it. Pure. */
import type { DagSpec, TaskSpec } from '#contract/dagSpec.ts'

export type SpecChange = 'same' | 'added' | 'changed' | 'removed'

export interface SpecDiff {
  /** In the order of the edited spec; removed ones at the end. */
  tasks: { task: TaskSpec; change: SpecChange }[]
  edges: [upstream: string, downstream: string, label: string | null, change: SpecChange][]
  task_groups: DagSpec['task_groups']
  /** Settings of the DAG itself that differ. */
  changed_settings: string[]
}

/** Compared in the parts above, or no setting of the author's. */
const NO_SETTINGS = new Set<keyof DagSpec>(['format', 'dag_id', 'file', 'tasks', 'edges', 'task_groups', 'notices'])

export function diffSpecs(before: DagSpec | null, edited: DagSpec): SpecDiff {
  if (before === null) {
    return {
      tasks: edited.tasks.map((task) => ({ task, change: 'added' })),
      edges: edited.edges.map(([up, down, label]) => [up, down, label, 'added']),
      task_groups: edited.task_groups,
      changed_settings: [],
    }
  }
  const known = new Map(before.tasks.map((task) => [task.task_id, task]))
  const kept = new Set(edited.tasks.map((task) => task.task_id))
  const groups = new Set(edited.task_groups.map((group) => group.group_id))
  const settings = (Object.keys(edited) as (keyof DagSpec)[]).filter(
    (name) => !NO_SETTINGS.has(name) && canonical(edited[name]) !== canonical(before[name]),
  )
  return {
    tasks: [
      ...edited.tasks.map((task) => ({ task, change: changeOf(known.get(task.task_id), task) })),
      ...before.tasks.filter((task) => !kept.has(task.task_id)).map((task) => ({ task, change: 'removed' as const })),
    ],
    edges: diffEdges(before, edited),
    // A removed task still stands in its group.
    task_groups: [...edited.task_groups, ...before.task_groups.filter((group) => !groups.has(group.group_id))],
    changed_settings: settings,
  }
}

function changeOf(before: TaskSpec | undefined, task: TaskSpec): SpecChange {
  if (before === undefined) return 'added'
  return canonical(before) === canonical(task) ? 'same' : 'changed'
}

function diffEdges(before: DagSpec, edited: DagSpec): SpecDiff['edges'] {
  const key = (edge: readonly [string, string, string | null]): string => `${edge[0]}\n${edge[1]}`
  const known = new Map(before.edges.map((edge) => [key(edge), edge[2]]))
  const kept = new Set(edited.edges.map(key))
  return [
    ...edited.edges.map((edge): SpecDiff['edges'][number] => {
      const label = known.get(key(edge))
      return [...edge, label === undefined ? 'added' : label === edge[2] ? 'same' : 'changed']
    }),
    ...before.edges.filter((edge) => !kept.has(key(edge))).map((edge): SpecDiff['edges'][number] => [...edge, 'removed']),
  ]
}

/** JSON with the keys of each object in order: a database may give them in another one. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    item !== null && typeof item === 'object' && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  )
}
