/** The attempts that this worker's hosts hold, by number and by name, and the one way in which each of them ends. */
import type { AttemptRef } from '#scheduler/ports.ts'
import { UNSTARTED_END, type AttemptEnd, type AttemptListener, type AttemptStart, type RenderedField } from '../runner.ts'
import type { HostLink, HostMessage } from './hostLink.ts'

export interface HeldAttempt {
  /** Names the attempt in frames: unique in this worker. */
  number: number
  /** Names its processes: unique on this machine. */
  attempt_id: string
  start: AttemptStart
  /** The host that has it; null = it waits for one. */
  link: HostLink | null
  pid: number
  start_time: number
  started: boolean
  /** Of a trigger: when its host got it, on the monotonic clock. */
  sent_at: number
  log_bytes: number
  /** How long ago the piece of output that comes next was written; of the end of a log that was too long. */
  log_age_ms: number
}

export class AttemptTable {
  private readonly byNumber = new Map<number, HeldAttempt>()
  private readonly byName = new Map<string, HeldAttempt>()
  private readonly listener: AttemptListener
  private readonly nonce: string
  private lastNumber = 0

  constructor(p: { listener: AttemptListener; nonce: string }) {
    this.listener = p.listener
    this.nonce = p.nonce
  }

  add(start: AttemptStart): HeldAttempt {
    this.lastNumber += 1
    const held: HeldAttempt = {
      number: this.lastNumber,
      attempt_id: `${start.ref.task_instance_id}.${start.ref.attempt}.${this.nonce}.${this.lastNumber}`,
      start,
      link: null,
      pid: 0,
      start_time: 0,
      started: false,
      sent_at: 0,
      log_bytes: 0,
      log_age_ms: 0,
    }
    this.byNumber.set(held.number, held)
    this.byName.set(nameOf(start.ref), held)
    return held
  }

  find(ref: AttemptRef): HeldAttempt | undefined {
    return this.byName.get(nameOf(ref))
  }

  heldBy(link: HostLink): HeldAttempt[] {
    return [...this.byNumber.values()].filter((held) => held.link === link)
  }

  all(): HeldAttempt[] {
    return [...this.byNumber.values()]
  }

  /** Hands a host's message on to the listener. Returns the attempt that it ended, if it did. */
  onMessage(message: HostMessage): HeldAttempt | null {
    const held = this.byNumber.get(message['n'] as number)
    if (held === undefined) return null
    if (message.t === 'started') this.onStarted(held, { pid: message['pid'] as number, start_time: message['start_time'] as number })
    else if (message.t === 'xcom') this.listener.xcom(held.start.ref, message['xcoms'] as AttemptEnd['xcoms'])
    else if (message.t === 'log_age') held.log_age_ms = message['ms'] as number
    else if (message.t === 'rendered') this.listener.rendered(held.start.ref, message['fields'] as RenderedField[])
    else if (message.t === 'request') {
      const params_json = JSON.stringify(message['params'] ?? null)
      this.listener.request(held.start.ref, { id: message['id'] as number, method: String(message['method']), params_json })
    } else if (message.t === 'ended') {
      const { t: _t, n: _n, ...end } = message
      this.end(held, end as unknown as AttemptEnd)
      return held
    }
    return null
  }

  onStarted(held: HeldAttempt, p: { pid: number; start_time: number }): void {
    held.pid = p.pid
    held.start_time = p.start_time
    held.started = true
    this.listener.started(held.start.ref, { pid: p.pid })
  }

  onLog(number: number, bytes: Uint8Array): void {
    const held = this.byNumber.get(number)
    if (held === undefined) return
    held.log_bytes += bytes.length
    const { log_age_ms } = held
    held.log_age_ms = 0
    this.listener.log(held.start.ref, bytes, log_age_ms)
  }

  /** Exactly once: an attempt that ended already is passed over. */
  end(held: HeldAttempt, end: Partial<AttemptEnd>): void {
    if (!this.byNumber.delete(held.number)) return
    if (this.byName.get(nameOf(held.start.ref)) === held) this.byName.delete(nameOf(held.start.ref))
    this.listener.ended(held.start.ref, { ...UNSTARTED_END, log_bytes: held.log_bytes, ...end })
  }
}

function nameOf(ref: AttemptRef): string {
  return `${ref.task_instance_id}.${ref.attempt}.${ref.lease_token}`
}
