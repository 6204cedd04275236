/**
 * Which controllers live, and which one leads, as the database has it. For addresses and for people: who may write is decided by the
 * leader's row and the fence alone.
 */
import type { Cluster, ControllerRecord, LeaderRecord } from '#db/cluster.ts'
import type { Clock, Timer } from '#runtime/clock.ts'
import type { Logger } from '#runtime/logger.ts'
import type { Service } from '#runtime/service.ts'

/** A standby's word about the leader is at most so old, plus the time of one statement. */
const BEAT_MS = 500

export interface MembershipOptions {
  cluster: Pick<Cluster, 'beat' | 'gone'>
  clock: Clock
  logger: Logger
  /** Read at each beat: ports are known only once somebody listens. */
  me: () => ControllerRecord
  /** Another controller has come or gone, or has another address. */
  onOthers: () => void
}

export class Membership implements Service {
  readonly #o: MembershipOptions
  #leader: LeaderRecord | null = null
  #others: readonly ControllerRecord[] = []
  #timer: Timer | null = null
  #isStopped = false

  constructor(options: MembershipOptions) {
    this.#o = options
  }

  /** Null = nobody leads, as far as is known; the last known one while the database is away. */
  get leader(): LeaderRecord | null {
    return this.#leader
  }
  get others(): readonly ControllerRecord[] {
    return this.#others
  }

  async start(): Promise<void> {
    await this.#beat()
    this.#beatLater()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    await this.#o.cluster.gone({ holder: this.#o.me().holder }).catch(() => undefined)
  }

  #beatLater(): void {
    if (this.#isStopped) return
    this.#timer = this.#o.clock.after(BEAT_MS, () => void this.#beat().then(() => this.#beatLater()))
  }

  async #beat(): Promise<void> {
    try {
      const me = this.#o.me()
      const { leader, others: all } = await this.#o.cluster.beat(me)
      if (this.#isStopped) return
      // Among those that lead may be this one.
      const others = all.filter(({ holder }) => holder !== me.holder)
      const isNews = text(others) !== text(this.#others)
      this.#leader = leader
      this.#others = others
      if (isNews) this.#o.onOthers()
    } catch (error) {
      this.#o.logger.debug({ err: error }, 'cannot tell the other controllers that this one lives')
    }
  }
}

function text(controllers: readonly ControllerRecord[]): string {
  return controllers
    .map(({ holder, swarm_address }) => `${holder} ${swarm_address}`)
    .sort()
    .join('\n')
}
