/** Errands that no worker has. */
import type { Errand } from './model.ts'

/**
 * Grouped by what a worker must serve and have room for: if the first of a group finds none, none of the group does. So a step costs as
 * much as there are groups, however many wait.
 */
export class UnplacedErrands {
  readonly groups = new Map<string, Set<Errand>>()
  /** What an earlier term may have with a worker waits here until that had the time to say so. */
  readonly #held = new Set<Errand>()

  add(errand: Errand, isYoung: boolean): void {
    if (errand.isRestored && isYoung) {
      this.#held.add(errand)
      return
    }
    const key = groupOf(errand)
    const group = this.groups.get(key)
    if (group === undefined) this.groups.set(key, new Set([errand]))
    else group.add(errand)
  }

  delete(errand: Errand): void {
    if (this.#held.delete(errand)) return
    const key = groupOf(errand)
    const group = this.groups.get(key)
    group?.delete(errand)
    if (group?.size === 0) this.groups.delete(key)
  }

  /** The term is not young any more. */
  release(): void {
    for (const errand of this.#held) this.add(errand, false)
    this.#held.clear()
  }
}

/** The queue of an instance stays as it is while it is deferred. */
const groupOf = ({ kind, instance }: Errand): string => (kind === 'trigger' ? `trigger ${instance.record.queue}` : kind)
