/**
 * The attempts of this worker: what waits for a free place, what runs, and what has ended but is not acknowledged yet.
 * Errands (triggers, callbacks of DAGs) are held with them; they need no place, and have no log and no report but their end.
 *
 * States of an attempt: `waiting` (assigned, no place yet) -> `preparing` (its bundle is being fetched) -> `running` (the
 * runner has it) -> `ended` (its report is under way) -> gone (acknowledged). A waiting one may be given back.
 *
 * Invariants
 * - At most `capacity` attempts are preparing or running, not counting errands.
 * - The runner gets an attempt at most once, and only while the lease is valid.
 * - Every attempt that was not given back or dropped unstarted reports its end exactly once.
 */
import type { Clock } from '#runtime/clock.ts'
import type { AttemptRef } from '#scheduler/ports.ts'
import type { AttemptEnd, AttemptListener, AttemptRunner, RenderedField } from '#worker/runner.ts'
import { refKey, renderedBytes, xcomBytes } from '#swarm/codec.ts'
import type { Assignment } from '#swarm/gen/vortex/swarm/v1/swarm.ts'
import { HELD_MAX, REPORT_WINDOW_BYTES, XCOM_BYTES_MAX } from '#swarm/limits.ts'
import type { BundleUse } from '../bundles/bundleCache.ts'
import { BundleUnavailableError } from '../bundles/fetchBundle.ts'
import { endedToWire, TOO_MUCH_XCOM, tooLargeEnd } from './endedToWire.ts'
import { type Entry, makeEntry, needsBundle, takeStart, unstarted } from './entry.ts'
import type { Outgoing } from './outgoing.ts'
import type { OutputTail } from './outputTail.ts'

/** A bundle that cannot be fetched is asked for again after this long, a minute long; then the attempt fails, and may be retried. */
const FETCH_AGAIN_MS = 1_000
const FETCH_FAILURES_MAX = 60

/** For what a trigger of a worker that is drained has to clean up; others wait for it to be given to another one. */
const TRIGGER_GRACE_MS = 2_000

/** Questions that one attempt may have open; a task asks one at a time per thread. */
const ASKED_MAX = 1_000
/** The host keeps to the cap, and beyond it writes the line that says how much is missing; cut here, the output would lose its end. */
const CUT_LINE_BYTES = 1_024
/** XComs that wait for an acknowledgement; a task that pushes more while the controller is away is ended. */
const REPORT_BYTES_MAX = 4 * REPORT_WINDOW_BYTES

/** More template fields than any operator has. */
const RENDERED_FIELDS_MAX = 200
/** What the controller takes of their text (server/swarm/reportIntake.ts). The host bounds it in characters, which may have more bytes. */
const RENDERED_BYTES_MAX = 128 * 1024

const NO_XCOM_HERE = Buffer.from(
  '[vortex] An XCom was not kept: what is called after the run, or waits without a slot, has no row for it.\n',
)

/** A task that writes this much at once has no need to wait for company. */
const LOG_AT_ONCE_BYTES = 16 * 1024

export interface AttemptsOptions {
  capacity: number
  hostname: string
  runner: AttemptRunner
  outgoing: Outgoing
  clock: Clock
  openBundle: (hash: string) => Promise<BundleUse>
  /** True while attempts may be started. */
  isLeaseValid: () => boolean
  limits: () => { log_cap_bytes: number; xcom_cap_bytes: number }
  /** Something ended, was given back or was acknowledged. */
  onChange: () => void
}

export class Attempts implements AttemptListener {
  readonly #o: AttemptsOptions
  readonly #entries = new Map<string, Entry>()
  /** Keys of waiting attempts, oldest first. */
  #waiting = new Set<string>()
  /** Keys of errands that wait for a lease, or for their bundle. */
  readonly #errands = new Set<string>()
  #active = 0
  #isDraining = false

  constructor(options: AttemptsOptions) {
    this.#o = options
  }

  get active(): number {
    return this.#active
  }
  get isDraining(): boolean {
    return this.#isDraining
  }
  /** Nothing waits, runs, or is unacknowledged. */
  get isEmpty(): boolean {
    return this.#entries.size === 0
  }
  held(): AttemptRef[] {
    return [...this.#entries.values()].map(({ ref }) => ref)
  }

  // --- what the controller says --------------------------------------------------------------------------------------------

  assign(assignments: readonly Assignment[]): void {
    const refused: AttemptRef[] = []
    for (const assignment of assignments) {
      const { ref } = assignment
      if (ref === undefined) continue
      const key = refKey(ref)
      // Sent again after a reconnect: it is here already.
      if (this.#entries.has(key)) continue
      if (this.#isDraining || this.#entries.size >= HELD_MAX) refused.push(ref)
      else {
        const entry = makeEntry(ref, { key, assignment })
        this.#entries.set(key, entry)
        if (entry.kind === 'task') this.#waiting.add(key)
        else this.#errands.add(key)
      }
    }
    if (refused.length > 0) this.#o.outgoing.release(refused)
    this.pump()
  }

  kill(ref: AttemptRef, reason: string): void {
    const entry = this.#entries.get(refKey(ref))
    if (entry === undefined)
      this.#report(ref, unstarted({ outcome: 'killed', reason: 'the worker does not hold it', reason_code: 'killed' }), null)
    else if (entry.state === 'running') this.#o.runner.kill(ref, { reason })
    else if (entry.state !== 'ended')
      this.#end(entry, unstarted({ outcome: 'killed', reason: `killed before it started (${reason})`, reason_code: 'killed' }))
  }

  /** The controller does not know these: their trees die now, and their results are not wanted. */
  killUnknown(refs: readonly AttemptRef[]): void {
    const killed = { outcome: 'killed', reason: 'the controller does not know this attempt', reason_code: 'unknown' } as const
    for (const ref of refs) {
      const entry = this.#entries.get(refKey(ref))
      if (entry === undefined || entry.state === 'ended') continue
      if (entry.state !== 'running') {
        this.#end(entry, unstarted(killed))
        continue
      }
      entry.killed = killed
      this.#o.runner.kill(ref, { reason: 'unknown', grace_ms: 0 })
    }
  }

  acked(keys: readonly string[]): void {
    for (const key of keys) this.#entries.delete(key)
    if (keys.length > 0) this.#o.onChange()
  }

  answered(ref: AttemptRef, answer: { id: number; result_json: string; error_code: string; error_message: string }): void {
    const entry = this.#entries.get(refKey(ref))
    if (entry?.state !== 'running') return
    entry.asked -= 1
    this.#o.runner.respond(ref, answer)
  }

  // --- what the worker decides ---------------------------------------------------------------------------------------------

  /** Gives back what has not started, ends triggers, which any worker can run, and takes nothing more. */
  drain(): void {
    this.#isDraining = true
    const entries = [...this.#entries.values()]
    const back = entries.filter(({ state }) => state === 'waiting')
    for (const entry of back) this.#forget(entry)
    for (const entry of entries) if (entry.kind === 'trigger') this.#endTrigger(entry)
    if (back.length > 0) this.#o.outgoing.release(back.map(({ ref }) => ref))
    this.#o.onChange()
  }

  /** By a report, unlike what has not started: that is kept until it is acknowledged, even if nothing else keeps the worker here. */
  #endTrigger(entry: Entry): void {
    const drained = { outcome: 'killed', reason: 'the worker is drained', reason_code: 'drained' } as const
    // Its bundle is on the way: it must not start afterwards, when nobody would end it any more.
    if (entry.state === 'preparing') this.#end(entry, unstarted(drained))
    if (entry.state !== 'running') return
    entry.killed ??= drained
    this.#o.runner.kill(entry.ref, { reason: 'drained', grace_ms: TRIGGER_GRACE_MS })
  }

  /** Takes attempts again. */
  resume(): void {
    this.#isDraining = false
  }

  /** Kills all process trees at once. What has not started is forgotten; the controller assigns it anew. */
  killAll(p: { reason: string; reason_code: string }): void {
    for (const entry of [...this.#entries.values()]) {
      if (entry.state === 'ended') continue
      if (entry.state === 'running') {
        // An errand is still wanted, elsewhere.
        entry.killed ??= { outcome: entry.kind === 'task' ? 'failed' : 'killed', ...p }
        this.#o.runner.kill(entry.ref, { reason: p.reason_code, grace_ms: 0 })
      } else this.#forget(entry)
    }
    this.#o.onChange()
  }

  /** Starts what has a place. Called whenever a place, an assignment, a lease or a connection appears. */
  pump(): void {
    for (const key of this.#errands) {
      if (!this.#o.isLeaseValid()) return
      this.#errands.delete(key)
      const entry = this.#entries.get(key)
      if (entry !== undefined) this.#begin(entry)
    }
    for (const key of this.#waiting) {
      if (this.#active >= this.#o.capacity || !this.#o.isLeaseValid()) return
      this.#waiting.delete(key)
      const entry = this.#entries.get(key)
      if (entry === undefined) continue
      this.#active += 1
      this.#begin(entry)
    }
  }

  #begin(entry: Entry): void {
    entry.state = 'preparing'
    if (needsBundle(entry)) void this.#prepare(entry)
    else this.#run(entry, '')
  }

  async #prepare(entry: Entry): Promise<void> {
    try {
      const bundle = await this.#o.openBundle(entry.assignment.bundle_hash)
      if (entry.state !== 'preparing') return bundle.release()
      entry.bundle = bundle
      if (this.#o.isLeaseValid()) this.#run(entry, bundle.root)
      else this.#forget(entry)
    } catch (error) {
      if (entry.state !== 'preparing') return
      entry.fetchFailures += 1
      if (error instanceof BundleUnavailableError && entry.fetchFailures < FETCH_FAILURES_MAX) this.#waitAgain(entry)
      else
        this.#end(
          entry,
          unstarted({ outcome: 'failed', reason: error instanceof Error ? error.message : String(error), reason_code: 'bundle' }),
        )
    }
  }

  /** No controller, or one that cannot now: it waits in front. */
  #waitAgain(entry: Entry): void {
    entry.state = 'waiting'
    if (entry.kind === 'task') {
      this.#active -= 1
      this.#waiting = new Set([entry.key, ...this.#waiting])
    }
    this.#o.clock.after(FETCH_AGAIN_MS, () => {
      if (entry.kind !== 'task' && entry.state === 'waiting') this.#errands.add(entry.key)
      this.pump()
    })
  }

  #run(entry: Entry, bundle_root: string): void {
    entry.state = 'running'
    this.#o.runner.run(takeStart(entry, { bundle_root, ...this.#o.limits() }))
  }

  // --- what the runner says ------------------------------------------------------------------------------------------------

  started(ref: AttemptRef, p: { pid: number }): void {
    const entry = this.#entries.get(refKey(ref))
    if (entry?.state !== 'running' || entry.kind !== 'task') return
    this.#o.outgoing.reports.add({ ref, body: { $case: 'started', value: { pid: p.pid, hostname: this.#o.hostname, age_ms: 0 } } })
    this.#o.outgoing.wakeSoon()
  }

  log(ref: AttemptRef, bytes: Uint8Array, age_ms = 0): void {
    const entry = this.#entries.get(refKey(ref))
    if (entry === undefined || bytes.length === 0) return
    if (entry.output !== null) return entry.output.append(bytes)
    this.#o.outgoing.logs.append(ref, { bytes, age_ms, cap_bytes: this.#o.limits().log_cap_bytes + CUT_LINE_BYTES })
    if (bytes.length < LOG_AT_ONCE_BYTES) this.#o.outgoing.wakeSoon()
    else this.#o.outgoing.wake()
  }

  xcom(ref: AttemptRef, xcoms: { key: string; value_json: string }[]): void {
    const entry = this.#entries.get(refKey(ref))
    if (entry?.state !== 'running' || entry.killed !== null) return
    if (entry.kind !== 'task') return entry.output?.append(NO_XCOM_HERE)
    const { reports } = this.#o.outgoing
    const hasRoom = xcomBytes(xcoms) <= XCOM_BYTES_MAX && reports.bytes <= REPORT_BYTES_MAX
    if (hasRoom && reports.add({ ref, body: { $case: 'xcom', value: { xcoms } } })) this.#o.outgoing.wake()
    else {
      entry.killed = { outcome: 'failed', reason: TOO_MUCH_XCOM, reason_code: 'xcom_too_large' }
      this.#o.runner.kill(ref, { reason: 'xcom_too_large' })
    }
  }

  rendered(ref: AttemptRef, fields: RenderedField[]): void {
    const entry = this.#entries.get(refKey(ref))
    if (entry?.state !== 'running' || entry.kind !== 'task') return
    this.#o.outgoing.reports.add({ ref, body: { $case: 'rendered', value: { fields: fieldsThatFit(fields) } } })
    this.#o.outgoing.wakeSoon()
  }

  request(ref: AttemptRef, p: { id: number; method: string; params_json: string }): void {
    const entry = this.#entries.get(refKey(ref))
    if (entry?.state !== 'running') return
    const isLarge = Buffer.byteLength(p.params_json) > XCOM_BYTES_MAX
    if (entry.asked >= ASKED_MAX || isLarge) {
      const error_message = isLarge
        ? `The request is larger than ${XCOM_BYTES_MAX} bytes.`
        : `More than ${ASKED_MAX} requests of this attempt are open.`
      this.#o.runner.respond(ref, { id: p.id, result_json: '', error_code: isLarge ? 'too_large' : 'rate_limited', error_message })
      return
    }
    entry.asked += 1
    this.#o.outgoing.ask(ref, p)
  }

  ended(ref: AttemptRef, end: AttemptEnd): void {
    const entry = this.#entries.get(refKey(ref))
    if (entry === undefined || entry.state === 'ended') return
    const { killed } = entry
    // An attempt that ended by itself before the signal arrived keeps its own result, unless nobody wants it.
    const isOurs = killed !== null && (end.outcome === 'killed' || killed.outcome === 'killed')
    this.#end(entry, isOurs ? { ...end, ...killed, xcoms: [], skip_task_ids: [] } : end)
  }

  #end(entry: Entry, end: AttemptEnd): void {
    this.#leave(entry)
    if (entry.asked > 0) this.#o.outgoing.forgetRequests(entry.ref)
    this.#report(entry.ref, end, entry.output)
    this.pump()
    this.#o.onChange()
  }

  #report(ref: AttemptRef, end: AttemptEnd, output: OutputTail | null): void {
    const log = this.#o.outgoing.logs.end(ref, { truncated: end.log_truncated })
    const add = (said: AttemptEnd): boolean =>
      this.#o.outgoing.reports.add({ ref, body: { $case: 'ended', value: endedToWire(said, { log, output }) } })
    if (!add(end)) add(tooLargeEnd(end))
    this.#o.outgoing.wake()
  }

  #forget(entry: Entry): void {
    this.#leave(entry)
    if (entry.asked > 0) this.#o.outgoing.forgetRequests(entry.ref)
    this.#entries.delete(entry.key)
  }

  /** It takes no place any more. */
  #leave(entry: Entry): void {
    if (entry.kind === 'task' && (entry.state === 'running' || entry.state === 'preparing')) this.#active -= 1
    this.#waiting.delete(entry.key)
    this.#errands.delete(entry.key)
    entry.state = 'ended'
    entry.bundle?.release()
    entry.bundle = null
  }
}

/** What comes after the last byte is left out, as the host does with its own limit. */
function fieldsThatFit(fields: readonly RenderedField[]): RenderedField[] {
  const fitting: RenderedField[] = []
  let room = RENDERED_BYTES_MAX
  for (const field of fields.slice(0, RENDERED_FIELDS_MAX)) {
    const beside = renderedBytes([{ ...field, value: '' }])
    if (beside > room) break
    const value = field.value.slice(0, room - beside)
    // Of a text with wide characters as many as fit surely; a byte or two of room is not worth a search.
    const isWide = Buffer.byteLength(value) > room - beside
    const kept = isWide ? value.slice(0, Math.floor((room - beside) / 3)) : value
    fitting.push({ ...field, value: kept, is_cut: field.is_cut || kept.length < field.value.length })
    room -= renderedBytes([{ ...field, value: kept }])
  }
  return fitting
}
