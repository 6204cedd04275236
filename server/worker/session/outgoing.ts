/** Everything that waits to be sent to the controller, and the frames made of it. Survives the connection. */
import type { Clock, Timer } from '#runtime/clock.ts'
import type { AttemptRef } from '#scheduler/ports.ts'
import { refKey } from '#swarm/codec.ts'
import { Fifo } from '#swarm/fifo.ts'
import type { Heartbeat, Request, Response, WorkerFrame } from '#swarm/gen/vortex/swarm/v1/swarm.ts'
import { FRAME_BYTES_MAX, FRAME_ITEMS_MAX } from '#swarm/limits.ts'
import type { LogQueue } from './logQueue.ts'
import type { ReportQueue } from './reportQueue.ts'

export interface PendingRequest {
  ref: AttemptRef
  /** The task's own number of the question. */
  id: number
}

/**
 * Starts and output wait this long for company. Nothing hangs on them, and what a short attempt says then travels in one frame and
 * costs the controller one commit instead of three; nobody who follows a log sees the difference.
 */
const SOON_MS = 20
/** Of a question beside its text. */
const REQUEST_BYTES = 200

export class Outgoing {
  readonly reports: ReportQueue
  readonly logs: LogQueue
  readonly #clock: Clock
  #soon: Timer | null = null
  /** Unanswered questions by the worker's number; they are asked again after a reconnect. */
  readonly #asked = new Map<number, PendingRequest & { request: Request }>()
  readonly #unasked = new Fifo<Request>()
  #released: AttemptRef[] = []
  #heartbeat: Heartbeat | null = null
  #isDraining = false
  #tellDraining = false
  #requestId = 0
  #onMore: () => void = () => undefined

  constructor(p: { reports: ReportQueue; logs: LogQueue; clock: Clock }) {
    this.reports = p.reports
    this.logs = p.logs
    this.#clock = p.clock
  }

  /** Called whenever there may be more to send. */
  set onMore(wake: () => void) {
    this.#onMore = wake
  }
  wake(): void {
    this.#onMore()
  }
  /** For what may wait SOON_MS. Whatever is sent earlier takes it along. */
  wakeSoon(): void {
    this.#soon ??= this.#clock.after(SOON_MS, () => {
      this.#soon = null
      this.#onMore()
    })
  }

  ask(ref: AttemptRef, p: { id: number; method: string; params_json: string }): void {
    this.#requestId += 1
    const request: Request = { id: this.#requestId, ref, method: p.method, params_json: p.params_json }
    this.#asked.set(request.id, { ref, id: p.id, request })
    this.#unasked.push(request)
    this.#onMore()
  }
  answered(response: Response): PendingRequest | null {
    const asked = this.#asked.get(response.id)
    this.#asked.delete(response.id)
    return asked ?? null
  }
  /** The attempt is over: nobody waits for the answers. */
  forgetRequests(ref: AttemptRef): void {
    const key = refKey(ref)
    for (const [id, asked] of this.#asked) if (refKey(asked.ref) === key) this.#asked.delete(id)
  }

  release(refs: AttemptRef[]): void {
    this.#released.push(...refs)
    this.#onMore()
  }
  beat(heartbeat: Heartbeat): void {
    this.#heartbeat = heartbeat
    this.#onMore()
  }
  drain(): void {
    this.#isDraining = true
    this.#tellDraining = true
    this.#onMore()
  }

  /** A new stream. Releases that were lost are not repeated: the hello says what is held. */
  rewind(): void {
    this.reports.rewind()
    this.#unasked.clear()
    for (const { request } of this.#asked.values()) this.#unasked.push(request)
    this.#released = []
    this.#heartbeat = null
    this.#tellDraining = this.#isDraining
  }

  nextFrame(): WorkerFrame | null {
    const frame = emptyWorkerFrame()
    let bytes = 0
    if (this.#heartbeat !== null) frame.heartbeat = this.#heartbeat
    this.#heartbeat = null
    frame.draining = this.#tellDraining
    this.#tellDraining = false
    frame.released = this.#released.splice(0, FRAME_ITEMS_MAX)
    const taken = this.reports.take({ bytes: FRAME_BYTES_MAX, items: FRAME_ITEMS_MAX })
    frame.reports = taken.reports
    bytes += taken.bytes
    for (
      let next = this.#unasked.peek();
      next !== undefined && frame.requests.length < FRAME_ITEMS_MAX && bytes < FRAME_BYTES_MAX;
      next = this.#unasked.peek()
    ) {
      this.#unasked.shift()
      if (!this.#asked.has(next.id)) continue
      bytes += Buffer.byteLength(next.params_json) + REQUEST_BYTES
      frame.requests.push(next)
    }
    frame.logs = this.logs.take({ bytes: FRAME_BYTES_MAX - bytes, items: FRAME_ITEMS_MAX })
    const isEmpty =
      frame.heartbeat === undefined &&
      !frame.draining &&
      frame.released.length + frame.reports.length + frame.requests.length + frame.logs.length === 0
    return isEmpty ? null : frame
  }
}

export function emptyWorkerFrame(): WorkerFrame {
  return { hello: undefined, reports: [], logs: [], heartbeat: undefined, requests: [], released: [], draining: false }
}
