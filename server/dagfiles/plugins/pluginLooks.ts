/** The list of plugins for the API: one look at a time, and the answer holds for a moment, however many ask. */
import type { PluginList } from '#contract/plugin.ts'
import type { Clock } from '#runtime/clock.ts'

/** A person who mends a plugin sees it soon; a page that asks again and again starts no more than this. */
const KEPT_MS = 2_000

export class PluginLooks {
  readonly #look: () => Promise<PluginList>
  readonly #clock: Clock
  #running: Promise<PluginList> | null = null
  #kept: { list: PluginList; at: number } | null = null

  constructor(p: { look: () => Promise<PluginList>; clock: Clock }) {
    this.#look = p.look
    this.#clock = p.clock
  }

  list(): Promise<PluginList> {
    if (this.#kept !== null && this.#clock.monotonic() - this.#kept.at < KEPT_MS) return Promise.resolve(this.#kept.list)
    this.#running ??= this.#look()
      .then((list) => {
        this.#kept = { list, at: this.#clock.monotonic() }
        return list
      })
      .finally(() => {
        this.#running = null
      })
    return this.#running
  }
}
