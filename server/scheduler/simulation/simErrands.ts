/** The errands of one worker of a simulation: triggers that have an event after some time, or fail, and callbacks that are called. */
import type { Timer } from '#runtime/clock.ts'
import type { AssignedAttempt, AttemptRef } from '../ports.ts'
import type { Random } from './random.ts'
import type { Owner, SimTime } from './simClock.ts'
import { keyOf } from './simProcesses.ts'

export interface ErrandEnd {
  outcome: 'success' | 'failed'
  deferral_json: string | null
}

interface ErrandsOptions {
  time: SimTime
  random: Random
  owner: Owner
  onEnded: (ref: AttemptRef, end: ErrandEnd) => void
}

/** What every trigger of a simulation tells. */
export const EVENT = '{"event":1}'

export class SimErrands {
  readonly #p: ErrandsOptions
  readonly #running = new Map<string, Timer>()

  constructor(options: ErrandsOptions) {
    this.#p = options
  }

  run(assigned: AssignedAttempt): void {
    const { time, random, owner } = this.#p
    const ms = random.chance(0.2) ? random.int(2000, 30_000) : random.int(1, 2000)
    const isGood = random.chance(0.8)
    const timer = time.schedule(owner, ms, () => {
      this.#running.delete(keyOf(assigned.ref))
      const event = isGood && assigned.kind === 'trigger' ? EVENT : null
      this.#p.onEnded(assigned.ref, { outcome: isGood ? 'success' : 'failed', deferral_json: event })
    })
    this.#running.set(keyOf(assigned.ref), timer)
  }

  drop(ref: AttemptRef): void {
    const key = keyOf(ref)
    this.#running.get(key)?.cancel()
    this.#running.delete(key)
  }
}
