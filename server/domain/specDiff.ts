/** What one spec of a DAG changes against another: for the editor as it is, for Versions with both values (versionChanges.ts). Pure. */
import type { DagSpec, TaskSpec } from '#contract/dagSpec.ts'
import { planTheSame } from './schedule/computedTimetable.ts'

export type SpecChange = 'same' | 'added' | 'changed' | 'removed'

export interface SpecDiff {
  /** In the order of the edited spec; removed ones at the end. */
  tasks: { task: TaskSpec; change: SpecChange }[]
  edges: [upstream: string, downstream: string, label: string | null, change: SpecChange][]
  task_groups: DagSpec['task_groups']
  /** Settings of the DAG itself that differ, its task groups among them. */
  changed_settings: string[]
}

/** Compared apart, or no setting of the author's. */
const NO_SETTINGS: ReadonlySet<string> = new Set<keyof DagSpec>(['format', 'dag_id', 'file', 'tasks', 'edges', 'task_groups', 'notices'])
/** `bash` repeats the template field bash_command for the worker. */
const TASK_FIELDS_APART: ReadonlySet<string> = new Set<keyof TaskSpec>(['task_id', 'bash'])

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
  return {
    tasks: [
      ...edited.tasks.map((task) => ({ task, change: changeOf(known.get(task.task_id), task) })),
      ...before.tasks.filter((task) => !kept.has(task.task_id)).map((task) => ({ task, change: 'removed' as const })),
    ],
    edges: diffEdges(before, edited),
    // A removed task still stands in its group.
    task_groups: [...edited.task_groups, ...before.task_groups.filter((group) => !groups.has(group.group_id))],
    changed_settings: [
      ...fieldsThatDiffer(before, withPlanOf(before, edited), NO_SETTINGS),
      ...(isEqual(before.task_groups, edited.task_groups) ? [] : ['task_groups']),
    ],
  }
}

/** A list of runs that another parse has moved on is no change. */
function withPlanOf(before: DagSpec, edited: DagSpec): DagSpec {
  const [was, is] = [before.timetable, edited.timetable]
  return was.type === 'computed' && is.type === 'computed' && planTheSame(was, is) ? { ...edited, timetable: was } : edited
}

function changeOf(before: TaskSpec | undefined, task: TaskSpec): SpecChange {
  if (before === undefined) return 'added'
  return taskFieldsThatDiffer(before, task).length === 0 ? 'same' : 'changed'
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

export const taskFieldsThatDiffer = (before: object, after: object): string[] => fieldsThatDiffer(before, after, TASK_FIELDS_APART)

export function fieldsThatDiffer(before: object, after: object, apart: ReadonlySet<string> = new Set()): string[] {
  const [was, is] = [before as Record<string, unknown>, after as Record<string, unknown>]
  return [...new Set([...Object.keys(was), ...Object.keys(is)])].filter((field) => !apart.has(field) && !isEqual(was[field], is[field]))
}

/** Of JSON values; the order of an object's keys does not matter: a database may give them in another one. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>]
  const keys = Object.keys(left)
  return keys.length === Object.keys(right).length && keys.every((key) => key in right && isEqual(left[key], right[key]))
}
