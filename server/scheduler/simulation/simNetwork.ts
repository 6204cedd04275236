/**
 * Streams between workers and controllers, with what a gRPC stream over TCP promises and nothing more: messages of one stream
 * and direction arrive in order, each at most once; a cut delays them silently, both ways; who closes a stream reads nothing
 * more of it, but what it had sent may still arrive, also after a newer stream has said hello; the other end learns of the end
 * late, or not at all while the cut lasts.
 */
import type { Random } from './random.ts'
import { newOwner, type Owner, type SimTime } from './simClock.ts'

/** Cuts between one worker and one controller. */
export class SimNetwork {
  readonly time: SimTime
  readonly random: Random
  readonly #cut = new Map<string, number>()
  readonly #waiting = new Map<string, (() => void)[]>()
  readonly #owner = newOwner()

  constructor(time: SimTime, random: Random) {
    this.time = time
    this.random = random
  }

  isCut(worker_id: string, controller: number): boolean {
    return this.#cut.has(`${worker_id} ${controller}`)
  }

  cut(worker_id: string, controller: number, ms: number): void {
    const key = `${worker_id} ${controller}`
    const until = Math.max(this.#cut.get(key) ?? 0, this.time.now + ms)
    this.#cut.set(key, until)
    this.time.schedule(this.#owner, ms, () => {
      if (this.#cut.get(key) === until && this.time.now >= until) this.#heal(key)
    })
  }

  healAll(): void {
    for (const key of [...this.#cut.keys()]) this.#heal(key)
  }

  /** Calls `go` when nothing is cut between the two. */
  through(worker_id: string, controller: number, go: () => void): void {
    const key = `${worker_id} ${controller}`
    if (!this.#cut.has(key)) return go()
    const list = this.#waiting.get(key)
    if (list === undefined) this.#waiting.set(key, [go])
    else list.push(go)
  }

  #heal(key: string): void {
    this.#cut.delete(key)
    const list = this.#waiting.get(key) ?? []
    this.#waiting.delete(key)
    for (const go of list) go()
  }
}

export type Side = 'worker' | 'controller'

export interface StreamEnd {
  owner: Owner
  /** The other side closed the stream, or its process has died. */
  onClosed: () => void
}

export class SimStream {
  readonly #network: SimNetwork
  readonly #worker_id: string
  readonly #controller: number
  readonly #ends: Partial<Record<Side, StreamEnd>> = {}
  readonly #isClosed = { worker: false, controller: false }
  /** Arrival of the last message to each side. */
  readonly #last = { worker: 0, controller: 0 }
  readonly #cutOff: Record<Side, boolean> = { worker: false, controller: false }

  constructor(network: SimNetwork, worker_id: string, controller: number) {
    this.#network = network
    this.#worker_id = worker_id
    this.#controller = controller
  }

  attach(side: Side, end: StreamEnd): void {
    this.#ends[side] = end
  }

  /** A message to `side`. */
  send(side: Side, receive: () => void): void {
    this.#travel(side, () => {
      if (!this.#isClosed[side]) receive()
    })
  }

  /** `side` reads and writes no more. A process that dies takes what it had written with it, or not. */
  close(side: Side, p: { losesSent: boolean }): void {
    if (this.#isClosed[side]) return
    this.#isClosed[side] = true
    const other = side === 'worker' ? 'controller' : 'worker'
    if (p.losesSent) this.#cutOff[other] = true
    this.#travel(
      other,
      () => {
        if (this.#isClosed[other]) return
        this.#isClosed[other] = true
        this.#ends[other]?.onClosed()
      },
      true,
    )
  }

  #travel(side: Side, arrive: () => void, isEnd = false): void {
    const { time, random } = this.#network
    const owner = this.#ends[side]?.owner
    if (owner === undefined) return
    const at = Math.max(time.now + random.int(0, 20), this.#last[side])
    this.#last[side] = at
    const land = (): void => {
      if (isEnd || !this.#cutOff[side]) arrive()
    }
    // Behind a cut the order of sending is kept: the list is emptied in order, and each wait ends on the receiver's time.
    time.schedule(WIRE, at - time.now, () =>
      this.#network.through(this.#worker_id, this.#controller, () => void time.schedule(owner, 0, land)),
    )
  }
}

const WIRE = newOwner()
