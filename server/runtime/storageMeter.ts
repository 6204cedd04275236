/** How much database and logs take, measured now and then: where logs are files, looking at all of them takes seconds to minutes. */
import type { Clock, Timer } from './clock.ts'
import type { Service } from './service.ts'

/** After the start, which needs the disk for itself. */
const FIRST_MS = 15_000
const EVERY_MS = 3_600_000

export interface Measured {
  database_bytes: number
  log_bytes: number
  /** Wall-clock time. */
  measured_at: number
}

export interface StorageMeterOptions {
  measure: () => Promise<Omit<Measured, 'measured_at'>>
  clock: Clock
}

export class StorageMeter implements Service {
  readonly #o: StorageMeterOptions
  #timer: Timer | null = null
  #isStopped = false
  /** null = not measured yet. */
  last: Measured | null = null

  constructor(options: StorageMeterOptions) {
    this.#o = options
  }

  async start(): Promise<void> {
    this.#later(FIRST_MS)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  #later(ms: number): void {
    if (this.#isStopped) return
    this.#timer = this.#o.clock.after(ms, () => void this.#measure())
  }

  async #measure(): Promise<void> {
    // What was measured last stays until it can be measured again.
    const size = await this.#o.measure().catch(() => null)
    if (size !== null) this.last = { ...size, measured_at: this.#o.clock.now() }
    this.#later(EVERY_MS)
  }
}
