/** What waits to be sent to one worker, and the frames made of it. Order is kept within each kind; acknowledgements merge. */
import type { AttemptRef } from '#scheduler/ports.ts'
import { refKey } from './codec.ts'
import { Fifo } from './fifo.ts'
import type { Assignment, ControllerFrame, Kill, LogAck, Response, Welcome } from './gen/vortex/swarm/v1/swarm.ts'
import { FRAME_BYTES_MAX, FRAME_ITEMS_MAX, OUTBOX_BUSY_BYTES, OUTBOX_BYTES_MAX, OUTBOX_ITEMS_MAX } from './limits.ts'

type Item =
  | { kind: 'assign'; item: Assignment; bytes: number }
  | { kind: 'kill'; item: Kill; bytes: number }
  | { kind: 'response'; item: Response; bytes: number }

export class Outbox {
  readonly #items = new Fifo<Item>()
  readonly #logAcks = new Map<string, LogAck>()
  #bytes = 0
  #welcome: Welcome | null = null
  #isWelcomed = false
  #reportsAcked = 0
  #heartbeat: number | null = null
  /** False = a drain is over; null = nothing new. */
  #drain: boolean | null = null
  #controllers: string[] | null = null

  /** More waits than a worker that reads would let wait. */
  get isOverfull(): boolean {
    return this.#bytes > OUTBOX_BYTES_MAX || this.#items.size > OUTBOX_ITEMS_MAX
  }

  /** Large answers wait: no more of them should be made. */
  get isBusy(): boolean {
    return this.#bytes > OUTBOX_BUSY_BYTES
  }

  /** Nothing leaves before it. */
  welcome(welcome: Welcome): void {
    this.#welcome = welcome
  }
  assign(item: Assignment): void {
    this.#push({ kind: 'assign', item, bytes: assignmentBytes(item) })
  }
  kill(item: Kill): void {
    this.#push({ kind: 'kill', item, bytes: 100 })
  }
  response(item: Response): void {
    this.#push({ kind: 'response', item, bytes: 32 + Buffer.byteLength(item.result_json) + item.error_message.length })
  }
  ackReports(seq: number): void {
    this.#reportsAcked = Math.max(this.#reportsAcked, seq)
  }
  ackLog(ref: AttemptRef, p: { stored: number; complete: boolean }): void {
    this.#logAcks.set(refKey(ref), { ref, ...p })
  }
  ackHeartbeat(id: number): void {
    this.#heartbeat = id
  }
  drain(wanted: boolean): void {
    this.#drain = wanted
  }

  controllers(addresses: string[]): void {
    this.#controllers = addresses
  }

  nextFrame(): ControllerFrame | null {
    if (!this.#isWelcomed && this.#welcome === null) return null
    const frame = emptyFrame()
    let hasContent = this.#takeScalars(frame)
    let bytes = 0
    let count = 0
    for (const [key, ack] of this.#logAcks) {
      if (count === FRAME_ITEMS_MAX) break
      this.#logAcks.delete(key)
      frame.log_acks.push(ack)
      count += 1
    }
    for (let next = this.#items.peek(); next !== undefined && count < FRAME_ITEMS_MAX; next = this.#items.peek()) {
      if (bytes > 0 && bytes + next.bytes > FRAME_BYTES_MAX) break
      this.#items.shift()
      this.#bytes -= next.bytes
      bytes += next.bytes
      count += 1
      if (next.kind === 'assign') frame.assign.push(next.item)
      else if (next.kind === 'kill') frame.kill.push(next.item)
      else frame.responses.push(next.item)
    }
    hasContent ||= count > 0
    return hasContent ? frame : null
  }

  #takeScalars(frame: ControllerFrame): boolean {
    let hasContent = false
    if (this.#welcome !== null) {
      frame.welcome = this.#welcome
      this.#welcome = null
      this.#isWelcomed = true
      hasContent = true
    }
    if (this.#reportsAcked > 0) {
      frame.reports_acked = this.#reportsAcked
      this.#reportsAcked = 0
      hasContent = true
    }
    if (this.#heartbeat !== null) {
      frame.heartbeat_ack = { id: this.#heartbeat }
      this.#heartbeat = null
      hasContent = true
    }
    if (this.#controllers !== null) {
      frame.controllers = { addresses: this.#controllers }
      this.#controllers = null
      hasContent = true
    }
    if (this.#drain !== null) {
      frame.drain = this.#drain
      frame.resume = !this.#drain
      this.#drain = null
      hasContent = true
    }
    return hasContent
  }

  #push(item: Item): void {
    this.#items.push(item)
    this.#bytes += item.bytes
  }
}

export function emptyFrame(): ControllerFrame {
  return {
    welcome: undefined,
    refused: undefined,
    assign: [],
    kill: [],
    reports_acked: 0,
    log_acks: [],
    heartbeat_ack: undefined,
    responses: [],
    drain: false,
    resume: false,
    controllers: undefined,
  }
}

/** Nearly: a frame may go over its limit by a few bytes, and a message has 32 times as many. */
function assignmentBytes(item: Assignment): number {
  let bytes = 300 + item.job_json.length + item.run_id.length + item.task_id.length + (item.bash?.command.length ?? 0)
  for (const [name, value] of Object.entries(item.secrets)) bytes += name.length + value.length
  if (item.bash !== undefined) for (const [name, value] of Object.entries(item.bash.env)) bytes += name.length + value.length
  return bytes
}
