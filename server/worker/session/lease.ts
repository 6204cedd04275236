/**
 * The lease of a worker's attempts, as the worker sees it; docs/decisions/0003-leases.md has the reasons.
 *
 * Invariant: the deadline never lies more than TRUST of a lease after a moment at which the controller's own count had not
 * begun: the sending of a heartbeat that it answered, or a refusal that proves that no controller counts.
 */
import { uptime } from 'node:os'
import type { Clock } from '#runtime/clock.ts'

/** The worker gives up before the controller does: the rest is for killing what runs. */
const TRUST = 0.9
/** Clocks that differ by less have not been stopped by a sleeping machine; uptime counts in hundredths of a second. */
const SLEPT_MS = 500
/** The uptime is looked at no more often: it is a file, and every frame asks for the time. */
const LOOK_INTERVAL_MS = 50

/**
 * Milliseconds that go on while the machine sleeps. The monotonic clock of Node stands still then, but the controller, which may
 * be on another machine, counts.
 */
export function createLeaseClock(clock: Clock, uptimeMs: () => number = () => uptime() * 1000): () => number {
  let lookedAt = clock.monotonic()
  let upAt = uptimeMs()
  let slept = 0
  return () => {
    const now = clock.monotonic()
    if (now - lookedAt >= LOOK_INTERVAL_MS) {
      const up = uptimeMs()
      const missed = up - upAt - (now - lookedAt)
      if (missed > SLEPT_MS) slept += missed
      lookedAt = now
      upAt = up
    }
    return now + slept
  }
}

export class Lease {
  readonly #now: () => number
  #length = 0
  #deadline: number | null = null

  constructor(now: () => number) {
    this.#now = now
  }

  /** True while attempts may run. */
  get isValid(): boolean {
    return this.#deadline !== null && this.#now() < this.#deadline
  }
  /** True from the end of a lease until the next welcome. */
  get isOver(): boolean {
    return this.#deadline !== null && this.#now() >= this.#deadline
  }
  /** Milliseconds until attempts must be dead; 0 = now. */
  get left(): number {
    return this.#deadline === null ? 0 : Math.max(0, this.#deadline - this.#now())
  }

  /** The controller welcomed a hello that was sent at `sent_at`. */
  begin(p: { lease_ms: number; sent_at: number }): void {
    this.#length = p.lease_ms
    this.#deadline = null
    this.renew(p.sent_at)
  }

  /** The controller answered what was sent at `sent_at`, or refused to exist at that time. An ended lease stays ended. */
  renew(sent_at: number): void {
    if (this.#length === 0 || this.isOver) return
    const deadline = sent_at + TRUST * this.#length
    if (this.#deadline === null || deadline > this.#deadline) this.#deadline = deadline
  }

  /** Everything was killed; only a welcome begins anew. */
  end(): void {
    this.#length = 0
    this.#deadline = null
  }
}
