/** What changed from one version of a DAG to another: tasks, edges, and the fields of tasks and DAG. Pure. */
import type { DagSpec, TaskSpec } from '#contract/dagSpec.ts'
import type { FieldChange, VersionChanges } from '#contract/insights.ts'
import { diffSpecs, fieldsThatDiffer, taskFieldsThatDiffer, type SpecChange } from './specDiff.ts'

/** Entries of one list, and characters of one value: a change of everything in a DAG of 10,000 tasks must still be readable. */
const ENTRIES_MAX = 500
const TEXT_MAX = 2_000

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
  const diff = diffSpecs(before, after)
  const was = new Map(before.tasks.map((task) => [task.task_id, task]))
  const tasks = (change: SpecChange): TaskSpec[] => diff.tasks.flatMap((each) => (each.change === change ? [each.task] : []))
  const edges = (change: SpecChange): [string, string][] =>
    diff.edges.flatMap(([up, down, , each]) => (each === change ? [[up, down]] : []))
  return {
    dag_fields: cut([
      ...fieldChanges(
        before,
        after,
        diff.changed_settings.filter((field) => field !== 'task_groups'),
      ),
      // For the editor, which compares one file with itself, it is none.
      ...fieldChanges(before, after, before.file === after.file ? [] : ['file']),
      ...groupChanges(before, after),
      ...labelChanges(before, after, edges('changed')),
    ]),
    tasks_added: cut(tasks('added').map(({ task_id }) => task_id)),
    tasks_removed: cut(tasks('removed').map(({ task_id }) => task_id)),
    tasks_changed: cut(
      tasks('changed').map((task) => {
        const [old, now] = [flatTask(was.get(task.task_id) ?? task), flatTask(task)]
        return { task_id: task.task_id, fields: fieldChanges(old, now, taskFieldsThatDiffer(old, now)) }
      }),
    ),
    edges_added: cut(edges('added')),
    edges_removed: cut(edges('removed')),
    truncated,
  }
}

/** Template fields as fields of their own, so that a changed command is not hidden in an object of many. */
function flatTask({ template_fields, ...fields }: TaskSpec): Record<string, unknown> {
  return { ...fields, ...Object.fromEntries(Object.entries(template_fields).map(([name, value]) => [`template: ${name}`, value])) }
}

/** Which groups there are, then what differs in those that stay. */
function groupChanges(before: DagSpec, after: DagSpec): FieldChange[] {
  const ids = (spec: DagSpec) => ({ task_groups: spec.task_groups.map((group) => group.group_id) })
  const was = new Map(before.task_groups.map((group) => [group.group_id, group]))
  return [
    ...fieldChanges(ids(before), ids(after), fieldsThatDiffer(ids(before), ids(after))),
    ...after.task_groups.flatMap((group) => {
      const old = was.get(group.group_id) ?? group
      return fieldChanges(old, group, fieldsThatDiffer(old, group)).map((change) => ({
        ...change,
        field: `task group ${group.group_id}: ${change.field}`,
      }))
    }),
  ]
}

/** Of edges that stay. */
function labelChanges(before: DagSpec, after: DagSpec, edges: readonly [string, string][]): FieldChange[] {
  const labelsOf = (spec: DagSpec) => new Map(spec.edges.map(([up, down, label]) => [`${up}\n${down}`, label]))
  const [was, is] = [labelsOf(before), labelsOf(after)]
  return edges.map(([up, down]) => {
    const key = `${up}\n${down}`
    return { field: `label of ${up} → ${down}`, before: was.get(key) ?? null, after: is.get(key) ?? null }
  })
}

function fieldChanges(before: object, after: object, fields: readonly string[]): FieldChange[] {
  const [was, is] = [before as Record<string, unknown>, after as Record<string, unknown>]
  return fields.map((field) => ({ field, before: shortened(was[field]), after: shortened(is[field]) }))
}

/** Absent becomes null: JSON has no word for it. */
function shortened(value: unknown): unknown {
  if (value === undefined) return null
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)} …` : value
}
