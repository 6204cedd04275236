/** One virtual time line for everything in a simulation. Callbacks of an owner that has died never run. */
import type { Clock, Timer } from '#runtime/clock.ts'
import { Heap } from '#domain/heap.ts'

interface Entry {
  at: number
  order: number
  owner: { isDead: boolean }
  callback: () => void
  isCancelled: boolean
}

/** Midnight, 2026-01-01 UTC: simulations start there. */
export const SIM_START = Date.UTC(2026, 0, 1)

export class SimTime {
  now = 0
  #order = 0
  readonly #entries = new Heap<Entry>((a, b) => (a.at !== b.at ? a.at < b.at : a.order < b.order))

  schedule(owner: { isDead: boolean }, ms: number, callback: () => void): Timer {
    const entry: Entry = { at: this.now + Math.max(0, ms), order: this.#order++, owner, callback, isCancelled: false }
    this.#entries.push(entry)
    return { cancel: () => (entry.isCancelled = true) }
  }

  /** Runs the next callback; false = nothing is left. */
  advance(): boolean {
    for (let entry = this.#entries.pop(); entry !== undefined; entry = this.#entries.pop()) {
      if (entry.isCancelled || entry.owner.isDead) continue
      this.now = entry.at
      entry.callback()
      return true
    }
    return false
  }

  /** The clock that an owner sees. */
  clockOf(owner: { isDead: boolean }): Clock {
    return {
      now: () => SIM_START + this.now,
      monotonic: () => this.now,
      after: (ms, callback) => this.schedule(owner, ms, callback),
    }
  }
}
