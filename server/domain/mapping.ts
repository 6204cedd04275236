/**
 * Dynamic task mapping: which tasks of a DAG have how many instances, and what that number depends on.
 * Source: Airflow, authoring-and-scheduling/dynamic-task-mapping.
 */
import type { DagSpec, MapLengthStep } from '#contract/dagSpec.ts'

/** One mapped task, or a mapped group with all its tasks. */
export interface Mapping {
  /** Indexes of the tasks that get their instances together. */
  tasks: number[]
  isGroup: boolean
  program: readonly MapLengthStep[]
  /** Indexes of the tasks whose results the length is made of, by task id. */
  sources: ReadonlyMap<string, number>
}

/** Throws if a length names an unknown task, or a mapped task is in a mapped group (the parser refuses both first). */
export function mappingsOf(spec: Pick<DagSpec, 'tasks' | 'task_groups'>, index: ReadonlyMap<string, number>): (Mapping | null)[] {
  const groups = new Map(spec.task_groups.map((group) => [group.group_id, group]))
  const ofGroup = new Map<string, Mapping>()
  const mappingOfGroup = (group_id: string | null): Mapping | null => {
    for (let group = groups.get(group_id ?? ''); group !== undefined; group = groups.get(group.parent_id ?? '')) {
      if (group.map_length === undefined) continue
      let mapping = ofGroup.get(group.group_id)
      if (mapping === undefined) ofGroup.set(group.group_id, (mapping = mappingBy(group.map_length, index, true)))
      return mapping
    }
    return null
  }
  return spec.tasks.map((task, i) => {
    const outer = mappingOfGroup(task.group_id)
    if (outer !== null && task.map_length !== undefined) throw new Error(`${task.task_id} is mapped within a mapped group`)
    const mapping = outer ?? (task.map_length === undefined ? null : mappingBy(task.map_length, index, false))
    mapping?.tasks.push(i)
    return mapping
  })
}

function mappingBy(program: readonly MapLengthStep[], index: ReadonlyMap<string, number>, isGroup: boolean): Mapping {
  const sources = new Map<string, number>()
  for (const step of program) {
    if (step.step !== 'xcom') continue
    const source = index.get(step.task_id)
    if (source === undefined) throw new Error(`a length is that of ${step.task_id}, which does not exist`)
    sources.set(step.task_id, source)
  }
  return { tasks: [], isGroup, program, sources }
}

/** Runs the program. `lengthOf` tells the length of a source; null = there is none, and so no length of the whole. */
export function mapLength(mapping: Mapping, lengthOf: (source: number) => number | null): number | null {
  const stack: number[] = []
  for (const step of mapping.program) {
    if (step.step === 'literal') stack.push(step.length)
    else if (step.step === 'xcom') {
      const length = lengthOf(mapping.sources.get(step.task_id) ?? -1)
      if (length === null) return null
      stack.push(length)
    } else {
      const lengths = stack.splice(-step.of)
      if (lengths.length < step.of) throw new Error('a map length takes more numbers than there are')
      stack.push(combined(step.step, lengths))
    }
  }
  return stack.at(-1) ?? 0
}

function combined(how: 'product' | 'shortest' | 'longest' | 'sum', lengths: readonly number[]): number {
  switch (how) {
    case 'product':
      return lengths.reduce((product, length) => product * length, 1)
    case 'shortest':
      return Math.min(...lengths)
    case 'longest':
      return Math.max(...lengths)
    case 'sum':
      return lengths.reduce((sum, length) => sum + length, 0)
  }
}
