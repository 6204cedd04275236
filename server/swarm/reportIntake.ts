/**
 * Reports of one worker on their way into the engine: handed over in order and without waiting for each other, so that they
 * share commits; acknowledged in order, each after its commit. A report that the engine refuses ends the session without its
 * acknowledgement, and the worker sends it again after its next hello.
 */
import type { AttemptReport, SwarmInbox } from '#scheduler/ports.ts'
import type { HeldAttempt, HeldAttempts } from './heldAttempts.ts'
import { ProtocolError, reportFromWire, xcomBytes } from './codec.ts'
import type { Report } from './gen/vortex/swarm/v1/swarm.ts'
import { REPORT_HELD_BYTES_MAX } from './limits.ts'

export interface ReportIntakeOptions {
  worker_id: string
  inbox: Pick<SwarmInbox, 'workerReports'>
  held: HeldAttempts
  now: () => number
  onAcked(seq: number): void
  /** A report of an attempt that this worker does not hold. It is dropped, and counts as committed. */
  onStranger(report: AttemptReport): void
  onRoom(): void
  onFailure(error: unknown): void
}

interface Ended {
  held: HeldAttempt
  hasLog: boolean
}

/** What a report takes in memory beside its XComs. */
const REPORT_BYTES = 400

export class ReportIntake {
  readonly #o: ReportIntakeOptions
  #order: Promise<void> = Promise.resolve()
  #heldBytes = 0
  #lastSeq = 0
  #isClosed = false

  constructor(options: ReportIntakeOptions) {
    this.#o = options
  }

  get isFull(): boolean {
    return this.#heldBytes > REPORT_HELD_BYTES_MAX
  }

  add(wire: readonly Report[]): void {
    const now = this.#o.now()
    const reports: AttemptReport[] = []
    const ended: Ended[] = []
    let bytes = 0
    for (const item of wire) {
      if (item.seq <= this.#lastSeq) throw new ProtocolError(`report ${item.seq} after report ${this.#lastSeq}: seq must grow`)
      this.#lastSeq = item.seq
      const report = reportFromWire(item, now)
      const held = this.#o.held.get(report.ref)
      if (held?.canReport !== true) {
        this.#o.onStranger(report)
        continue
      }
      reports.push(report)
      bytes += REPORT_BYTES + (report.type === 'started' ? 0 : xcomBytes(report.xcoms))
      if (item.body?.$case === 'ended') ended.push({ held, hasLog: item.body.value.log_bytes > 0 })
    }
    this.#heldBytes += bytes
    const seq = this.#lastSeq
    const committed = reports.length === 0 ? Promise.resolve() : this.#o.inbox.workerReports({ worker_id: this.#o.worker_id, reports })
    this.#order = Promise.all([this.#order, committed]).then(
      () => this.#committed({ seq, bytes, ended }),
      (error: unknown) => this.#failed(error),
    )
  }

  close(): void {
    this.#isClosed = true
  }

  #committed(p: { seq: number; bytes: number; ended: Ended[] }): void {
    if (this.#isClosed) return
    const wasFull = this.isFull
    this.#heldBytes -= p.bytes
    for (const { held, hasLog } of p.ended) {
      this.#o.held.ended(held)
      // An attempt without output sends no log, so there is no end of it to wait for.
      if (!hasLog) this.#o.held.logComplete(held)
    }
    this.#o.onAcked(p.seq)
    if (wasFull && !this.isFull) this.#o.onRoom()
  }

  #failed(error: unknown): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#o.onFailure(error)
  }
}
