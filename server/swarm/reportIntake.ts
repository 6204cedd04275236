/**
 * Reports of one worker on their way into the engine: handed over in order and without waiting for each other, so that they
 * share commits; acknowledged in order, each after its commit. A report that the engine refuses ends the session without its
 * acknowledgement, and the worker sends it again after its next hello.
 */
import type { RenderedField, RenderedRecord } from '#db/records.ts'
import type { Store } from '#db/store.ts'
import type { AttemptRef, AttemptReport, SwarmInbox } from '#scheduler/ports.ts'
import type { HeldAttempt, HeldAttempts } from './heldAttempts.ts'
import { ProtocolError, refFromWire, renderedBytes, reportFromWire, xcomBytes } from './codec.ts'
import type { Report } from './gen/vortex/swarm/v1/swarm.ts'
import { REPORT_HELD_BYTES_MAX } from './limits.ts'

export interface ReportIntakeOptions {
  worker_id: string
  inbox: Pick<SwarmInbox, 'workerReports'>
  store: Pick<Store, 'renderedPut'>
  held: HeldAttempts
  now: () => number
  onAcked(seq: number): void
  /** A report of an attempt that this worker does not hold. It is dropped, and counts as committed. */
  onStranger(report: { ref: AttemptRef; type: string }): void
  onRoom(): void
  onFailure(error: unknown): void
}

interface Ended {
  held: HeldAttempt
  hasLog: boolean
}

/** What a report takes in memory beside its XComs. */
const REPORT_BYTES = 400

/** Text of template fields that one report may bring: what a host sends, and as much again for names and marks. */
const RENDERED_BYTES_MAX = 128 * 1024

/** What is stored of an attempt's template fields; null = the report is another one. */
function renderedFromWire(report: Report): RenderedRecord | null {
  if (report.body?.$case !== 'rendered') return null
  const { task_instance_id, attempt } = refFromWire(report.ref)
  const { fields } = report.body.value
  if (renderedBytes(fields) > RENDERED_BYTES_MAX) throw new ProtocolError(`rendered fields of more than ${RENDERED_BYTES_MAX} bytes`)
  return { task_instance_id, attempt, fields: JSON.stringify(fields satisfies RenderedField[]) }
}

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
    const rendered: RenderedRecord[] = []
    const ended: Ended[] = []
    let bytes = 0
    for (const item of wire) {
      if (item.seq <= this.#lastSeq) throw new ProtocolError(`report ${item.seq} after report ${this.#lastSeq}: seq must grow`)
      this.#lastSeq = item.seq
      const ref = refFromWire(item.ref)
      const held = this.#o.held.get(ref)
      if (held?.canReport !== true) {
        this.#o.onStranger({ ref, type: item.body?.$case ?? '' })
        continue
      }
      const fields = renderedFromWire(item)
      if (fields !== null) rendered.push(fields)
      const report = reportFromWire(item, now)
      if (report === null) continue
      reports.push(report)
      bytes += REPORT_BYTES + (report.type === 'started' ? 0 : xcomBytes(report.xcoms))
      if (item.body?.$case === 'ended') ended.push({ held, hasLog: item.body.value.log_bytes > 0 })
    }
    this.#heldBytes += bytes
    const seq = this.#lastSeq
    const committed = reports.length === 0 ? Promise.resolve() : this.#o.inbox.workerReports({ worker_id: this.#o.worker_id, reports })
    // Acknowledged with the others: what could not be stored is sent again.
    const stored = rendered.length === 0 ? Promise.resolve() : this.#o.store.renderedPut({ rows: rendered })
    this.#order = Promise.all([this.#order, committed, stored]).then(
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
