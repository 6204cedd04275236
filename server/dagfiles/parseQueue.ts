/** DAG files that wait for their parse, each once, the most wanted first. */

/** Edited: somebody looks at the screen. Found: the folder is read at start. Recheck: something that may matter changed. */
export const PRIORITIES = ['edited', 'found', 'recheck'] as const
export type Priority = (typeof PRIORITIES)[number]

export class ParseQueue {
  #queues: Record<Priority, Set<string>> = { edited: new Set(), found: new Set(), recheck: new Set() }

  get size(): number {
    return PRIORITIES.reduce((sum, priority) => sum + this.#queues[priority].size, 0)
  }

  /** A file that waits already keeps the better of both priorities. */
  add(file: string, priority: Priority): void {
    for (const other of PRIORITIES) {
      if (this.#queues[other].has(file)) {
        if (PRIORITIES.indexOf(other) <= PRIORITIES.indexOf(priority)) return
        this.#queues[other].delete(file)
      }
    }
    this.#queues[priority].add(file)
  }

  remove(file: string): void {
    for (const priority of PRIORITIES) this.#queues[priority].delete(file)
  }

  take(): { file: string; priority: Priority } | null {
    for (const priority of PRIORITIES) {
      for (const file of this.#queues[priority]) {
        this.#queues[priority].delete(file)
        return { file, priority }
      }
    }
    return null
  }
}
