/** Two runs of a DAG, task by task: what differs comes first. Pure. */
import type { TaskInstance } from '#contract/taskInstance.ts'

export type Compared = Pick<TaskInstance, 'task_id' | 'map_index' | 'state' | 'try_number' | 'start_time' | 'end_time'>

export interface ComparedTask {
  key: string
  task_id: string
  map_index: number
  /** null = this run has no such task instance. */
  left: Compared | null
  right: Compared | null
  /** How much longer it took on the left; null = one of them did not end, or never ran. */
  slower_ms: number | null
  differs: 'state' | 'duration' | 'no'
}

/** Below it, or below this share of the longer one, a difference is noise. */
const NOISE_MS = 1_000
const NOISE_SHARE = 0.2

/** What one that ran and ended took. */
export function tookOf(task: Compared | null): number | null {
  if (task === null || task.try_number === 0 || task.start_time === null || task.end_time === null) return null
  return Date.parse(task.end_time) - Date.parse(task.start_time)
}

export function compareRuns(left: readonly Compared[], right: readonly Compared[]): ComparedTask[] {
  const keyOf = ({ task_id, map_index }: Compared) => `${task_id} ${map_index}`
  const others = new Map(right.map((task) => [keyOf(task), task]))
  const rows = left.map((task) => pair(task, others.get(keyOf(task)) ?? null))
  const known = new Set(left.map(keyOf))
  for (const task of right) if (!known.has(keyOf(task))) rows.push(pair(null, task))
  // A stable sort: what is equal stays in the order of the run.
  return rows.toSorted((a, b) => RANK[a.differs] - RANK[b.differs] || sizeOf(b) - sizeOf(a))
}

const RANK = { state: 0, duration: 1, no: 2 } as const
const sizeOf = ({ differs, slower_ms }: ComparedTask): number => (differs === 'duration' ? Math.abs(slower_ms ?? 0) : 0)

function pair(left: Compared | null, right: Compared | null): ComparedTask {
  const { task_id, map_index } = left ?? right ?? { task_id: '', map_index: -1 }
  const [mine, other] = [tookOf(left), tookOf(right)]
  const slower_ms = mine === null || other === null ? null : mine - other
  const isNotable = slower_ms !== null && Math.abs(slower_ms) >= Math.max(NOISE_MS, NOISE_SHARE * Math.max(mine ?? 0, other ?? 0))
  const differs = left?.state !== right?.state ? 'state' : isNotable ? 'duration' : 'no'
  return { key: `${task_id} ${map_index}`, task_id, map_index, left, right, slower_ms, differs }
}
