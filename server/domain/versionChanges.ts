/** What changed from one version of a DAG to another: tasks, edges, and the fields of tasks and DAG. Pure. */
import type { DagSpec, TaskSpec } from '#contract/dagSpec.ts'
import type { FieldChange, VersionChanges } from '#contract/insights.ts'

/** Entries of one list, and characters of one value: a change of everything in a DAG of 10,000 tasks must still be readable. */
const ENTRIES_MAX = 500
const TEXT_MAX = 2_000

/** Fields that have lists of their own, or say the same as another one in other words. */
const DAG_FIELDS_APART: ReadonlySet<string> = new Set(['format', 'dag_id', 'tasks', 'edges', 'task_groups'])
/** `bash` repeats the template field bash_command for the worker. */
const TASK_FIELDS_APART: ReadonlySet<string> = new Set(['task_id', 'bash'])

type Changes = Omit<VersionChanges, 'dag_id' | 'version' | 'compared_with' | 'source_changed'>

const NO_CHANGES: Changes = {
  dag_fields: [],
  tasks_added: [],
  tasks_removed: [],
  tasks_changed: [],
  edges_added: [],
  edges_removed: [],
  truncated: false,
}

export function versionChanges(before: DagSpec, after: DagSpec): Changes {
  if (before === after) return NO_CHANGES
  let truncated = false
  const cut = <T>(list: T[]): T[] => {
    if (list.length > ENTRIES_MAX) truncated = true
    return list.slice(0, ENTRIES_MAX)
  }
  const old = new Map(before.tasks.map((task) => [task.task_id, task]))
  const kept = new Set(after.tasks.map((task) => task.task_id))
  const tasks_changed = after.tasks.flatMap((task) => {
    const was = old.get(task.task_id)
    const fields = was === undefined ? [] : fieldChanges(flatTask(was), flatTask(task), TASK_FIELDS_APART)
    return fields.length === 0 ? [] : [{ task_id: task.task_id, fields }]
  })
  const edges = { before: edgeKeys(before), after: edgeKeys(after) }
  return {
    dag_fields: cut([
      ...fieldChanges(before, after, DAG_FIELDS_APART),
      ...fieldChanges({ task_groups: groupsOf(before) }, { task_groups: groupsOf(after) }, new Set()),
    ]),
    tasks_added: cut(after.tasks.filter((task) => !old.has(task.task_id)).map((task) => task.task_id)),
    tasks_removed: cut(before.tasks.filter((task) => !kept.has(task.task_id)).map((task) => task.task_id)),
    tasks_changed: cut(tasks_changed),
    edges_added: cut(missingFrom(edges.before, edges.after)),
    edges_removed: cut(missingFrom(edges.after, edges.before)),
    truncated,
  }
}

/** Template fields as fields of their own, so that a changed command is not hidden in an object of many. */
function flatTask({ template_fields, ...fields }: TaskSpec): Record<string, unknown> {
  return { ...fields, ...Object.fromEntries(Object.entries(template_fields).map(([name, value]) => [`template: ${name}`, value])) }
}

function groupsOf(spec: DagSpec): string[] {
  return spec.task_groups.map((group) => group.group_id)
}

function fieldChanges(before: object, after: object, apart: ReadonlySet<string>): FieldChange[] {
  const [was, is] = [before as Record<string, unknown>, after as Record<string, unknown>]
  return [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .filter((field) => !apart.has(field) && !isEqual(was[field], is[field]))
    .map((field) => ({ field, before: shortened(was[field]), after: shortened(is[field]) }))
}

/** Of JSON values; the order of an object's keys does not matter. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>]
  const keys = Object.keys(left)
  return keys.length === Object.keys(right).length && keys.every((key) => key in right && isEqual(left[key], right[key]))
}

/** Absent becomes null: JSON has no word for it. */
function shortened(value: unknown): unknown {
  if (value === undefined) return null
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)} …` : value
}

function edgeKeys(spec: DagSpec): Map<string, [string, string]> {
  return new Map(spec.edges.map(([upstream, downstream]) => [JSON.stringify([upstream, downstream]), [upstream, downstream]]))
}
function missingFrom(first: Map<string, [string, string]>, second: Map<string, [string, string]>): [string, string][] {
  return [...second].flatMap(([key, edge]) => (first.has(key) ? [] : [edge]))
}
