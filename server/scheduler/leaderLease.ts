/**
 * The lease of the leader's row, as one controller holds it: won, renewed twice a second from the moment it is won, given back.
 *
 * Invariant: `isSure` only while nobody else can have won. It counts from the *sending* of the last renewal that succeeded, so
 * whatever the network and the database did, it ends before the row's own lease does (docs/decisions/0003-leases.md).
 * Failures: a renewal that gets no answer is tried again; one that is refused ends the term, because its epoch is over.
 */
import type { Clock, Timer } from '#runtime/clock.ts'
import { atMost } from '#runtime/clock.ts'
import type { EngineStore, LeaderTerm } from '#db/store.ts'

/** A leader that has not renewed for this long may be replaced by a standby; its writes are fenced by the epoch anyway. */
export const LEADER_LEASE_MS = 2000
/** After a renewal nobody else wins for this long: on PostgreSQL a leader without a connection is replaced earlier (db/postgres/leader.ts). */
const LEADER_SURE_MS = 1500
const LEADER_RENEW_MS = 500
/** A stop waits no longer for a database that does not answer; the lease ends by itself. */
const RESIGN_WAIT_MS = 5000

export interface LeaderLeaseOptions {
  store: Pick<EngineStore, 'leaderAcquire' | 'leaderRenew' | 'leaderResign'>
  clock: Clock
  holder: string
  /** Another controller has won; `term` is null by then. */
  onLost: () => void
}

export class LeaderLease {
  readonly #o: LeaderLeaseOptions
  #term: LeaderTerm | null = null
  #renewedAt = 0
  #timer: Timer | null = null

  constructor(options: LeaderLeaseOptions) {
    this.#o = options
  }

  get term(): LeaderTerm | null {
    return this.#term
  }

  get isSure(): boolean {
    return this.#term !== null && this.#o.clock.monotonic() - this.#renewedAt < LEADER_SURE_MS
  }

  async acquire(): Promise<LeaderTerm | null> {
    const { clock, holder, store } = this.#o
    const sent = clock.monotonic()
    this.#term = await store.leaderAcquire({ holder, lease_ms: LEADER_LEASE_MS })
    if (this.#term !== null) {
      this.#renewedAt = sent
      this.#renewLater()
    }
    return this.#term
  }

  /** `lease_ms`: longer before something that keeps this controller from renewing. */
  async renew(lease_ms = LEADER_LEASE_MS): Promise<void> {
    const { clock, holder, store } = this.#o
    const term = this.#term
    if (term === null) return
    const sent = clock.monotonic()
    try {
      const renewed = await store.leaderRenew({ holder, epoch: term.epoch, lease_ms })
      if (this.#term !== term) return
      if (renewed) this.#renewedAt = Math.max(this.#renewedAt, sent)
      else {
        this.drop()
        this.#o.onLost()
      }
    } catch {
      // Out of reach: the epoch still fences every write, so there is nothing to do but try again.
    }
  }

  /** Renews no more. Whoever holds the lease again first gets a new term. */
  drop(): void {
    this.#term = null
    this.#timer?.cancel()
  }

  async resign(): Promise<void> {
    const { clock, holder, store } = this.#o
    const term = this.#term
    this.drop()
    if (term === null) return
    await atMost(
      clock,
      RESIGN_WAIT_MS,
      store.leaderResign({ holder, epoch: term.epoch }).catch(() => undefined),
    )
  }

  #renewLater(): void {
    this.#timer?.cancel()
    this.#timer = this.#o.clock.after(LEADER_RENEW_MS, () => {
      const term = this.#term
      void this.renew().finally(() => {
        if (this.#term !== null && this.#term === term) this.#renewLater()
      })
    })
  }
}
