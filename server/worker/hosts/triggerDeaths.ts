/**
 * Which trigger took its host down? Those that share a host die with it, and one of them did it, perhaps; or the machine had no
 * memory left, and none did. So a death is no failure: all are given back, and those that had just begun share their next host with
 * fewer others, a sixteenth each time. A trigger fails that dies again and again while it is young, in the end without company.
 */
import { createHash } from 'node:crypto'
import type { AttemptRef } from '#scheduler/ports.ts'

/** A trigger that ends its process does so at its first look at the world. */
const YOUNG_MS = 10_000
/** Three deaths, the last one alone; six, if it is never alone, which 16^5 groups leave to chance. */
const DEATHS_MAX = 3
const DEATHS_IN_COMPANY_MAX = 6
/** As many as a worker holds (server/swarm/limits.ts). Forgotten oldest first. */
const KNOWN_MAX = 50_000

export class TriggerDeaths {
  readonly #deaths = new Map<string, number>()

  /** Triggers of a DAG file share a host if they agree in this; empty = nothing is held against it. */
  groupOf(ref: AttemptRef): string {
    const name = nameOf(ref)
    const deaths = this.#deaths.get(name)
    return deaths === undefined ? '' : createHash('sha256').update(name).digest('hex').slice(0, deaths)
  }

  /** Its host died. True = it is not to be given to another one. */
  died(ref: AttemptRef, p: { age_ms: number; is_alone: boolean }): boolean {
    const name = nameOf(ref)
    const deaths = (this.#deaths.get(name) ?? 0) + 1
    this.#deaths.delete(name)
    if (p.age_ms >= YOUNG_MS) return false
    if (deaths >= (p.is_alone ? DEATHS_MAX : DEATHS_IN_COMPANY_MAX)) return true
    const [oldest] = this.#deaths.keys()
    if (oldest !== undefined && this.#deaths.size >= KNOWN_MAX) this.#deaths.delete(oldest)
    this.#deaths.set(name, deaths)
    return false
  }

  forget(ref: AttemptRef): void {
    this.#deaths.delete(nameOf(ref))
  }
}

/** The same wait has the same name each time that it is given; what stands behind the dot is the giving (docs/decisions/0008). */
function nameOf({ task_instance_id, lease_token }: AttemptRef): string {
  return `${task_instance_id}/${lease_token.split('.', 1)[0]}`
}
