/**
 * Which tasks decided when a run ended: from the task that ended last back to the upstream one that it waited for longest, and so on
 * to the beginning. Making any of them shorter would have ended the run earlier; making others shorter would not. Pure.
 */
export interface TimedTask {
  task_id: string
  map_index: number
  /** When its newest attempt started. Milliseconds. */
  start: number | null
  /** When the attempts before that started. */
  earlier_starts: readonly number[]
  /** null: it goes on. */
  end: number | null
}

export interface CriticalStep {
  task_id: string
  map_index: number
  /** From the end of the step before (or the start of the run) to its own first start. */
  waited_ms: number
  /** Its first start within the path; attempts before that are from before it was cleared. */
  start: number
  /** To its end, with failed attempts and the pauses between them. */
  ran_ms: number
}

export interface CriticalPath {
  /** First to last. */
  steps: readonly CriticalStep[]
  ran_ms: number
  waited_ms: number
}

/** `run_start`: what the first step waited since. `now` ends what still runs. */
export function criticalPath(
  tasks: readonly TimedTask[],
  dependencies: readonly (readonly [upstream: string, downstream: string])[],
  { run_start, now }: { run_start: number | null; now: number },
): CriticalPath {
  const endOf = (task: TimedTask): number => task.end ?? (task.start === null ? -Infinity : now)
  /** Of each task the instance that ended last: downstream tasks waited for that one. */
  const last = new Map<string, TimedTask>()
  for (const task of tasks) {
    if (task.start === null && task.end === null) continue
    const before = last.get(task.task_id)
    if (!before || isLater(task, before, endOf)) last.set(task.task_id, task)
  }
  const upstreamOf = new Map<string, string[]>()
  for (const [upstream, downstream] of dependencies) {
    const list = upstreamOf.get(downstream)
    if (list) list.push(upstream)
    else upstreamOf.set(downstream, [upstream])
  }
  let at: TimedTask | undefined
  for (const task of last.values()) if (!at || isLater(task, at, endOf)) at = task
  const chain: { task: TimedTask; free: number | null }[] = []
  const seen = new Set<string>()
  while (at && !seen.has(at.task_id)) {
    seen.add(at.task_id)
    const start = startOf(at)
    let before: TimedTask | undefined
    for (const id of upstreamOf.get(at.task_id) ?? []) {
      const upstream = last.get(id)
      // What ended after its start did not hold it back: a trigger rule let it go on, or the upstream task was cleared later.
      if (upstream && endOf(upstream) <= start && (!before || isLater(upstream, before, endOf))) before = upstream
    }
    chain.push({ task: at, free: before ? endOf(before) : run_start })
    at = before
  }
  const steps = chain.reverse().map(({ task, free }): CriticalStep => {
    // Attempts that failed and the pauses between them are its own time; those from before it was cleared are not.
    const start = task.earlier_starts.reduce((least, each) => (each >= (free ?? each) ? Math.min(least, each) : least), startOf(task))
    return {
      task_id: task.task_id,
      map_index: task.map_index,
      start,
      waited_ms: Math.max(0, start - (free ?? start)),
      ran_ms: Math.max(0, endOf(task) - start),
    }
  })
  const sum = (field: 'ran_ms' | 'waited_ms') => steps.reduce((total, step) => total + step[field], 0)
  return { steps, ran_ms: sum('ran_ms'), waited_ms: sum('waited_ms') }
}

/** Something marked by hand may have an end and no start. */
const startOf = (task: TimedTask): number => task.start ?? task.end ?? 0

/** Ended later; of equals the one that took longer, so that a skipped task beside it does not stand for it. */
function isLater(a: TimedTask, b: TimedTask, endOf: (task: TimedTask) => number): boolean {
  const [first, second] = [endOf(a), endOf(b)]
  return first > second || (first === second && startOf(a) < startOf(b))
}
