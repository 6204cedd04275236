/**
 * When the lines of one attempt's log came: a mark for the first, then at most one every tenth of a second, and of an attempt that goes
 * on for hours one every hundred-thousandth of its age. So a log of any length has some hundred thousand marks, of which each is as
 * exact as anybody looks. Only where a line begins: a bar of dots has one.
 */
import type { Clock } from '#runtime/clock.ts'
import type { LogTime } from '#swarm/gen/vortex/swarm/v1/swarm.ts'

const INTERVAL_MS = 100
const INTERVALS_OF_AGE = 100_000
const NEWLINE = 10

export class LogMarks {
  readonly #clock: Clock
  readonly #offsets: number[] = []
  readonly #ats: number[] = []
  /** By the monotonic clock. */
  readonly #begun: number
  #next = -Infinity
  #isLineStart = true

  constructor(clock: Clock) {
    this.#clock = clock
    this.#begun = clock.monotonic()
  }

  /** Bytes that came `age_ms` ago. */
  take(bytes: Uint8Array, { offset, age_ms }: { offset: number; age_ms: number }): void {
    if (bytes.length === 0) return
    const now = this.#clock.monotonic() - age_ms
    if (now >= this.#next) {
      const line = this.#isLineStart ? 0 : bytes.indexOf(NEWLINE) + 1
      // After the last byte it begins with the next ones.
      if ((line > 0 || this.#isLineStart) && line < bytes.length) {
        this.#offsets.push(offset + line)
        this.#ats.push(this.#clock.now() - age_ms)
        this.#next = now + Math.max(INTERVAL_MS, (now - this.#begun) / INTERVALS_OF_AGE)
      }
    }
    this.#isLineStart = bytes[bytes.length - 1] === NEWLINE
  }

  /** Those of the bytes from `from` up to `to`. */
  between(from: number, to: number): LogTime[] {
    const times: LogTime[] = []
    for (let at = this.#firstFrom(from); at < this.#offsets.length; at += 1) {
      const offset = this.#offsets[at] ?? to
      if (offset >= to) break
      times.push({ offset, at_ms: this.#ats[at] ?? 0 })
    }
    return times
  }

  #firstFrom(offset: number): number {
    let low = 0
    let high = this.#offsets.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#offsets[middle] ?? 0) < offset) low = middle + 1
      else high = middle
    }
    return low
  }
}
