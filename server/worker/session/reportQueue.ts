/** Reports from their making to their acknowledgement, in order. After a reconnect all unacknowledged ones are sent again. */
import { refKey } from '#swarm/codec.ts'
import { Fifo } from '#swarm/fifo.ts'
import { Report } from '#swarm/gen/vortex/swarm/v1/swarm.ts'
import { REPORT_WINDOW_BYTES } from '#swarm/limits.ts'

interface Queued {
  report: Report
  bytes: number
  /** Monotonic time of the event; ages are counted from it when the report is sent. */
  made_at: number
}

/** Beside its own text: tag and length in the frame, and an age that is set later. */
const ENVELOPE_BYTES = 16
/** One report alone in its frame, with a heartbeat and returned attempts beside it, is well below the largest message. */
const ONE_REPORT_BYTES_MAX = 28 * 1024 * 1024
const UINT32_MAX = 2 ** 32 - 1

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

  /** False = no frame could ever carry it, and it is not taken: sent, it would end each stream anew, and all that waits with it. */
  add(report: Pick<Report, 'ref' | 'body'>): boolean {
    const numbered: Report = { seq: this.#seq + 1, ...report }
    const bytes = wireBytes(numbered)
    if (bytes > ONE_REPORT_BYTES_MAX) return false
    this.#seq += 1
    this.#bytes += bytes
    this.#unsent.push({ report: numbered, bytes, made_at: this.#monotonic() })
    return true
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

/** By encoding it: that counts every field, also those to come, and finds what has no form on the wire. */
function wireBytes(report: Report): number {
  try {
    return ENVELOPE_BYTES + Report.encode(report).finish().length
  } catch {
    return Infinity
  }
}

function setAge(report: Report, age_ms: number): void {
  if (report.body?.$case === 'started' || report.body?.$case === 'ended') report.body.value.age_ms = Math.min(age_ms, UINT32_MAX)
}
