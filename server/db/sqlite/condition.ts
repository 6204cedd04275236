/**
 * Whether the database can save. Two troubles are worth telling a person: work that is refused for a passing reason (a full disk, a
 * lock), and damage, which lasts until a restart: nothing is written to a damaged file, so that it does not get worse, and callers
 * hold their work as they do while a database is away.
 *
 * On a full disk small writes may go on while large ones fail. So each kind of write is judged by itself: the trouble is over when
 * the kinds that failed have succeeded, or are not tried any more.
 */
import type { Clock } from '#runtime/clock.ts'
import { StoreUnavailable } from '../store.ts'
import { DAMAGE_ADVICE } from './integrity.ts'

/** The engine tries a refused commit again within a second. */
const FORGET_MS = 5_000

export class Condition {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #onChange: (problem: string | null) => void
  /** Kinds of writes that were refused, with the moment and the error of the last refusal. */
  readonly #refused = new Map<string, { at: number; error: StoreUnavailable }>()
  #damage: StoreUnavailable | null = null
  #isTold = false

  constructor(p: { clock: Pick<Clock, 'monotonic'>; onChange?: ((problem: string | null) => void) | undefined }) {
    this.#clock = p.clock
    this.#onChange = p.onChange ?? (() => undefined)
  }

  /** Rejects while the database does not save. */
  check(): void {
    if (this.#damage !== null) throw this.#damage
    for (const [kind, { at, error }] of this.#refused) {
      if (this.#clock.monotonic() - at < FORGET_MS) throw error
      this.#saved(kind)
    }
  }

  /** Runs one write, unless the file is damaged. */
  async write<R>(kind: string, work: () => Promise<R>): Promise<R> {
    if (this.#damage !== null) throw this.#damage
    try {
      const result = await work()
      this.#saved(kind)
      return result
    } catch (error) {
      if (isDamage(error)) throw this.damaged(error.message, error)
      if (error instanceof StoreUnavailable && error.reason !== null) {
        this.#refused.set(kind, { at: this.#clock.monotonic(), error })
        this.#tell(error.message)
      }
      throw error
    }
  }

  /** Runs one read. Its success says nothing: a full disk can be read. */
  async read<R>(work: () => Promise<R>): Promise<R> {
    try {
      return await work()
    } catch (error) {
      throw isDamage(error) ? this.damaged(error.message, error) : error
    }
  }

  /** `message`: as of DatabaseCorrupt. */
  damaged(message: string, cause?: Error): StoreUnavailable {
    if (this.#damage !== null) return this.#damage
    this.#damage = new StoreUnavailable(message, { cause, reason: DAMAGE_ADVICE })
    this.#isTold = false
    this.#tell(message)
    return this.#damage
  }

  #saved(kind: string): void {
    if (this.#refused.delete(kind) && this.#refused.size === 0 && this.#damage === null) this.#tell(null)
  }

  /** Once when it begins, once when it is over. */
  #tell(problem: string | null): void {
    if (this.#isTold === (problem !== null)) return
    this.#isTold = problem !== null
    this.#onChange(problem)
  }
}

/** Also across the threads' border, where errors lose their class. */
function isDamage(error: unknown): error is Error {
  return error instanceof Error && error.name === 'DatabaseCorrupt'
}
