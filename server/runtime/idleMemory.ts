/**
 * Gives the memory of this thread's heap back once the process has become idle. V8 collects when it allocates: a server that falls
 * idle after a burst would keep the garbage of that burst, some 10 to 60 MB, until the next one.
 *
 * Invariants: a collection runs only after a quiet interval, at most once per busy time, and only while the heap is so small that
 * it takes tens of milliseconds (an engine that holds 200,000 task instances is left alone: a pause of a second is worse than
 * the memory).
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const INTERVAL_MS = 5_000
/** Processor time within an interval under which it counts as quiet: timers and heartbeats take about 0.5 %. */
const QUIET_SHARE = 0.02
const HEAP_BYTES_MAX = 150e6
/** Below this growth since the last collection there is nothing to gain. */
const GROWTH_BYTES_MIN = 4e6

export interface Meter {
  /** Processor time of the process so far. */
  cpu_ms(): number
  heap_bytes(): number
}

const processMeter: Meter = {
  cpu_ms: () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  },
  heap_bytes: () => process.memoryUsage().heapUsed,
}

/** Decides at the end of each interval whether to collect; `collect` is called then. */
export function idleWatch(meter: Meter, collect: () => void, interval_ms = INTERVAL_MS): () => void {
  let cpu_ms = meter.cpu_ms()
  let kept_bytes = 0
  return () => {
    const before = cpu_ms
    cpu_ms = meter.cpu_ms()
    if (cpu_ms - before > interval_ms * QUIET_SHARE) return
    const heap_bytes = meter.heap_bytes()
    if (heap_bytes > HEAP_BYTES_MAX || heap_bytes < kept_bytes + GROWTH_BYTES_MIN) return
    collect()
    kept_bytes = meter.heap_bytes()
    // The collection's own time is no activity.
    cpu_ms = meter.cpu_ms()
  }
}

/** Starts watching; returns what stops it. Each thread has a heap, and calls it for itself. */
export function releaseMemoryWhenIdle(): () => void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const timer = setInterval(
    idleWatch(processMeter, () => {
      collect()
    }),
    INTERVAL_MS,
  )
  timer.unref()
  return () => {
    clearInterval(timer)
  }
}
