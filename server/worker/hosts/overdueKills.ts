/**
 * Trigger hosts that do not answer. A host kills what it was told to kill when the grace is over, unless one of its triggers blocks the
 * event loop: then nothing in it is heard, and whoever waits for the end (a drain, a clear) would wait for ever.
 */
import type { Clock, Timer } from '#runtime/clock.ts'
import type { HeldAttempt } from './attemptTable.ts'
import type { HostLink } from './hostLink.ts'

/** Beside the grace. A loop that many triggers share may be busy for a while. */
const PATIENCE_MS = 5_000

interface Waiting {
  /** What the host was told to kill, and the time by which it must have done so. */
  due: Map<HeldAttempt, number>
  /** One for all: it may be thousands. */
  timer: Timer
}

export class OverdueKills {
  readonly #clock: Clock
  readonly #hosts = new Map<HostLink, Waiting>()
  readonly #onOverdue: (link: HostLink) => void

  constructor(p: { clock: Clock; onOverdue: (link: HostLink) => void }) {
    this.#clock = p.clock
    this.#onOverdue = p.onOverdue
  }

  told(held: HeldAttempt, p: { link: HostLink; grace_ms: number }): void {
    const ms = p.grace_ms + PATIENCE_MS
    let waiting = this.#hosts.get(p.link)
    if (waiting === undefined) {
      waiting = { due: new Map(), timer: this.#lookAfter(ms, p.link) }
      this.#hosts.set(p.link, waiting)
    }
    if (!waiting.due.has(held)) waiting.due.set(held, this.#clock.monotonic() + ms)
  }

  ended(held: HeldAttempt): void {
    if (held.link !== null) this.#hosts.get(held.link)?.due.delete(held)
  }

  /** Was the host told to kill this one? */
  isTold(held: HeldAttempt, link: HostLink): boolean {
    return this.#hosts.get(link)?.due.has(held) === true
  }

  forget(link: HostLink): void {
    this.#hosts.get(link)?.timer.cancel()
    this.#hosts.delete(link)
  }

  #lookAfter(ms: number, link: HostLink): Timer {
    return this.#clock.after(ms, () => {
      const waiting = this.#hosts.get(link)
      const [due] = waiting?.due.values() ?? []
      const left = due === undefined ? 0 : due - this.#clock.monotonic()
      if (waiting === undefined || due === undefined) this.#hosts.delete(link)
      else if (left > 0) waiting.timer = this.#lookAfter(left, link)
      else this.#onOverdue(link)
    })
  }
}
