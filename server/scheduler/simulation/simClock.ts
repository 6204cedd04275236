/**
 * One virtual time line for everything in a simulation. Callbacks of an owner that has died never run; those of one that is
 * frozen (a stopped process, a long garbage collection) run when it thaws, in the order in which they were due.
 */
import type { Clock, Timer } from '#runtime/clock.ts'
import { Heap } from '#domain/heap.ts'

export interface Owner {
  isDead: boolean
  /** Virtual time until which nothing of it runs. */
  frozen_until: number
}

export function newOwner(): Owner {
  return { isDead: false, frozen_until: 0 }
}

interface Entry {
  at: number
  due: number
  order: number
  owner: Owner
  callback: () => void
  isCancelled: boolean
}

/** Midnight, 2026-01-01 UTC: simulations start there. */
export const SIM_START = Date.UTC(2026, 0, 1)

export class SimTime {
  now = 0
  #order = 0
  readonly #entries = new Heap<Entry>((a, b) => (a.at !== b.at ? a.at < b.at : a.due !== b.due ? a.due < b.due : a.order < b.order))

  schedule(owner: Owner, ms: number, callback: () => void): Timer {
    const at = this.now + Math.max(0, ms)
    const entry: Entry = { at, due: at, order: this.#order++, owner, callback, isCancelled: false }
    this.#entries.push(entry)
    return { cancel: () => (entry.isCancelled = true) }
  }

  /** Runs the next callback; false = nothing is left. */
  advance(): boolean {
    for (let entry = this.#entries.pop(); entry !== undefined; entry = this.#entries.pop()) {
      if (entry.isCancelled || entry.owner.isDead) continue
      if (entry.owner.frozen_until > entry.at) {
        entry.at = entry.owner.frozen_until
        this.#entries.push(entry)
        continue
      }
      this.now = entry.at
      entry.callback()
      return true
    }
    return false
  }

  /** The clock that an owner sees. Its wall clock may be wrong, and jump; the monotonic one never does. */
  clockOf(owner: Owner, wall: { offset: number }): Clock {
    return {
      now: () => SIM_START + this.now + wall.offset,
      monotonic: () => this.now,
      after: (ms, callback) => this.schedule(owner, ms, callback),
    }
  }
}
