/** Reports from their making to their acknowledgement, in order. After a reconnect all unacknowledged ones are sent again. */
import { refKey, renderedBytes, xcomBytes } from '#swarm/codec.ts'
import { Fifo } from '#swarm/fifo.ts'
import type { Report } from '#swarm/gen/vortex/swarm/v1/swarm.ts'
import { REPORT_WINDOW_BYTES } from '#swarm/limits.ts'

interface Queued {
  report: Report
  bytes: number
  /** Monotonic time of the event; ages are counted from it when the report is sent. */
  made_at: number
}

const REPORT_BYTES = 200

export class ReportQueue {
  readonly #monotonic: () => number
  readonly #unsent = new Fifo<Queued>()
  #sent = new Fifo<Queued>()
  #seq = 0
  #inFlight = 0
  #bytes = 0

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic
  }

  get size(): number {
    return this.#unsent.size + this.#sent.size
  }
  /** Bytes of all reports that are not acknowledged. */
  get bytes(): number {
    return this.#bytes
  }

  add(report: Pick<Report, 'ref' | 'body'>): void {
    this.#seq += 1
    const { body } = report
    const bytes = REPORT_BYTES + bodyBytes(body)
    this.#bytes += bytes
    this.#unsent.push({ report: { seq: this.#seq, ...report }, bytes, made_at: this.#monotonic() })
  }

  take(p: { bytes: number; items: number }): { reports: Report[]; bytes: number } {
    const reports: Report[] = []
    let bytes = 0
    for (let next = this.#unsent.peek(); next !== undefined && reports.length < p.items; next = this.#unsent.peek()) {
      if (bytes > 0 && bytes + next.bytes > p.bytes) break
      if (this.#inFlight > 0 && this.#inFlight + next.bytes > REPORT_WINDOW_BYTES) break
      this.#unsent.shift()
      this.#sent.push(next)
      this.#inFlight += next.bytes
      bytes += next.bytes
      setAge(next.report, Math.round(this.#monotonic() - next.made_at))
      reports.push(next.report)
    }
    return { reports, bytes }
  }

  /** Returns the keys of attempts whose end is acknowledged. */
  ack(seq: number): string[] {
    const ended: string[] = []
    for (let next = this.#sent.peek(); next !== undefined && next.report.seq <= seq; next = this.#sent.peek()) {
      this.#sent.shift()
      this.#inFlight -= next.bytes
      this.#bytes -= next.bytes
      if (next.report.body?.$case === 'ended' && next.report.ref !== undefined) ended.push(refKey(next.report.ref))
    }
    return ended
  }

  rewind(): void {
    const unsent = [...this.#unsent]
    this.#unsent.clear()
    for (const queued of this.#sent) this.#unsent.push(queued)
    for (const queued of unsent) this.#unsent.push(queued)
    this.#sent = new Fifo()
    this.#inFlight = 0
  }
}

function bodyBytes(body: Report['body']): number {
  if (body?.$case === 'ended' || body?.$case === 'xcom') return xcomBytes(body.value.xcoms)
  return body?.$case === 'rendered' ? renderedBytes(body.value.fields) : 0
}

function setAge(report: Report, age_ms: number): void {
  if (report.body?.$case === 'started' || report.body?.$case === 'ended') report.body.value.age_ms = age_ms
}
