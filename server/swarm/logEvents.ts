/** Live events of growing logs: the first change leaves at once, further ones at most ten times a second and attempt. */
import type { LiveEvent } from '#contract/events.ts'
import type { Clock, Timer } from '#runtime/clock.ts'
import type { Publish } from '#scheduler/ports.ts'
import type { AttemptContext } from './heldAttempts.ts'
import { LOG_EVENT_INTERVAL_MS } from './limits.ts'

export class LogEvents {
  readonly #clock: Clock
  readonly #publish: Publish
  /** Attempts whose last event is younger than the interval, with what has happened since. */
  readonly #recent = new Map<string, { timer: Timer; next: LiveEvent | null }>()

  constructor(p: { clock: Clock; publish: Publish }) {
    this.#clock = p.clock
    this.#publish = p.publish
  }

  grew(p: { key: string; attempt: number; context: AttemptContext; size: number; complete: boolean }): void {
    const { run, task_instance } = p.context
    const event: LiveEvent = {
      type: 'log',
      dag_id: run.dag_id,
      run_id: run.run_id,
      task_id: task_instance.task_id,
      map_index: task_instance.map_index,
      attempt: p.attempt,
      size: p.size,
      complete: p.complete,
    }
    const recent = this.#recent.get(p.key)
    if (recent !== undefined) recent.next = event
    else this.#emit(p.key, event)
  }

  close(): void {
    for (const { timer, next } of this.#recent.values()) {
      timer.cancel()
      if (next !== null) this.#publish([next])
    }
    this.#recent.clear()
  }

  #emit(key: string, event: LiveEvent): void {
    this.#publish([event])
    const timer = this.#clock.after(LOG_EVENT_INTERVAL_MS, () => {
      const next = this.#recent.get(key)?.next ?? null
      this.#recent.delete(key)
      if (next !== null) this.#emit(key, next)
    })
    this.#recent.set(key, { timer, next: null })
  }
}
