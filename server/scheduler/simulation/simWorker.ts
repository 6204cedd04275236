/**
 * A worker of the simulation: holds attempts under leases, sends reports until they are acknowledged, loses its connection,
 * dies. What its processes do physically goes to a ledger that the controller never sees.
 */
import type { AssignedAttempt, AttemptRef, AttemptReport, SwarmInbox, WorkerHello } from '../ports.ts'
import type { Random } from './random.ts'
import { SIM_START, type SimTime } from './simClock.ts'

export interface PhysicalAttempt {
  task_instance_id: number
  task_id: string
  run_id: string
  pool: string
  pool_slots: number
  attempt: number
  token: string
  started: number
  /** null = still alive. */
  ended: number | null
  finished: 'success' | 'failed' | 'killed' | 'died' | null
  retries: number
  clears: number
}

interface Held {
  assigned: AssignedAttempt
  physical: PhysicalAttempt | null
}

/** How messages reach the controller of the moment; null = no controller listens. */
export interface Network {
  inbox: SwarmInbox | null
  /** Grows with each controller start: a session of an older one is broken. */
  incarnation: number
  /** It answers heartbeats and hellos: it is sure to lead. */
  isSure: () => boolean
}

export const SIM_LEASE_MS = 6000

export class SimWorker {
  readonly owner = { isDead: false }
  readonly id: string
  readonly #held = new Map<string, Held>()
  #unacked: AttemptReport[] = []
  #session: number | null = null
  #isCut = false
  #heardBy: number | null = null
  #stream = 0
  readonly #lastArrival = { up: 0, down: 0 }
  #lease_until: number
  readonly #time: SimTime
  readonly #random: Random
  readonly #network: Network
  readonly #ledger: PhysicalAttempt[]
  readonly #failRate: number

  constructor(p: { id: string; time: SimTime; random: Random; network: Network; ledger: PhysicalAttempt[]; failRate: number }) {
    this.id = p.id
    this.#time = p.time
    this.#random = p.random
    this.#network = p.network
    this.#ledger = p.ledger
    this.#failRate = p.failRate
    this.#lease_until = p.time.now + SIM_LEASE_MS
    this.#connect()
    this.#beat()
  }

  /** The process and everything below it is gone at once. */
  die(): void {
    this.owner.isDead = true
    this.#loseAll()
  }

  /** Black hole: nothing arrives in either direction, and nobody is told. */
  cut(ms: number): void {
    this.#isCut = true
    this.#time.schedule(this.owner, ms, () => {
      this.#isCut = false
      this.#session = null
      this.#heardBy = null
      this.#connect()
    })
  }

  /** The controller of the moment has taken its hello. */
  get isReachable(): boolean {
    return this.#heardBy === this.#network.incarnation && !this.#isCut
  }

  get isConnected(): boolean {
    return this.#session !== null && this.#session === this.#network.incarnation && !this.#isCut
  }

  // --- from the controller -----------------------------------------------------------------------------------------------

  assign(attempts: AssignedAttempt[]): void {
    this.#travel('down', () => {
      for (const assigned of attempts) {
        const key = keyOf(assigned.ref)
        if (this.#held.has(key) || this.#unacked.some((report) => keyOf(report.ref) === key)) continue
        const held: Held = { assigned, physical: null }
        this.#held.set(key, held)
        this.#time.schedule(this.owner, this.#random.int(0, 30), () => this.#begin(held))
      }
    })
  }

  kill(ref: AttemptRef): void {
    this.#travel('down', () => {
      const held = this.#held.get(keyOf(ref))
      if (held !== undefined) this.#time.schedule(this.owner, this.#random.int(0, 500), () => this.#end(held, 'killed'))
    })
  }

  disconnect(): void {
    this.#session = null
    this.#heardBy = null
    this.#stream++
    this.#time.schedule(this.owner, 100, () => this.#connect())
  }

  // --- life of an attempt ------------------------------------------------------------------------------------------------

  #begin(held: Held): void {
    if (!this.#held.has(keyOf(held.assigned.ref))) return
    const { ref, task_instance, run, version } = held.assigned
    held.physical = {
      task_instance_id: ref.task_instance_id,
      task_id: task_instance.task_id,
      run_id: run.run_id,
      pool: task_instance.pool,
      pool_slots: task_instance.pool_slots,
      attempt: ref.attempt,
      token: ref.lease_token,
      started: this.#time.now,
      ended: null,
      finished: null,
      retries: version.spec.tasks.find(({ task_id }) => task_id === task_instance.task_id)?.retries ?? 0,
      clears: 0,
    }
    this.#ledger.push(held.physical)
    this.#report({ type: 'started', ref, at: SIM_START + this.#time.now, pid: 1, hostname: 'sim' })
    const duration = this.#random.chance(0.1) ? this.#random.int(2000, 20_000) : this.#random.int(1, 800)
    this.#time.schedule(this.owner, duration, () => this.#end(held, this.#random.chance(this.#failRate) ? 'failed' : 'success'))
  }

  #end(held: Held, how: 'success' | 'failed' | 'killed'): void {
    const key = keyOf(held.assigned.ref)
    if (!this.#held.delete(key)) return
    if (held.physical !== null) Object.assign(held.physical, { ended: this.#time.now, finished: how })
    this.#report({
      type: 'ended',
      ref: held.assigned.ref,
      at: SIM_START + this.#time.now,
      outcome: how,
      exit_code: how === 'success' ? 0 : 1,
      signal: '',
      reason: how,
      reason_code: how === 'failed' ? 'exception' : '',
      xcoms: how === 'success' ? [{ key: 'return_value', value_json: '1' }] : [],
      skip_task_ids: [],
      reschedule_at: null,
      deferral_json: null,
      max_rss_bytes: null,
      log_truncated: false,
    })
  }

  /** The process dies with everything below it, and its reports with it. */
  #loseAll(): void {
    for (const held of this.#held.values())
      if (held.physical !== null && held.physical.ended === null) Object.assign(held.physical, { ended: this.#time.now, finished: 'died' })
    this.#held.clear()
    this.#unacked = []
  }

  // --- session -----------------------------------------------------------------------------------------------------------

  #report(report: AttemptReport): void {
    this.#unacked.push(report)
    this.#send([report])
  }

  #send(reports: AttemptReport[]): void {
    const { inbox, incarnation } = this.#network
    if (inbox === null || !this.isConnected || reports.length === 0) return
    this.#travel('up', () => {
      inbox.workerReports({ worker_id: this.id, reports }).then(
        () => {
          if (this.#network.incarnation === incarnation && !this.#isCut)
            this.#unacked = this.#unacked.filter((report) => !reports.includes(report))
        },
        () => this.disconnect(),
      )
    })
  }

  #connect(): void {
    if (this.owner.isDead || this.isConnected || this.#isCut) return
    const { inbox, incarnation } = this.#network
    if (inbox === null) {
      // Refused: no controller process listens, so the deadline starts again (docs/decisions/0003-leases.md).
      this.#lease_until = this.#time.now + SIM_LEASE_MS * 0.9
      this.#time.schedule(this.owner, this.#random.int(50, 400), () => this.#connect())
      return
    }
    const held = [...this.#held.values()].map(({ assigned }) => assigned.ref)
    const hello: WorkerHello = {
      worker_id: this.id,
      hostname: 'sim',
      capacity: 3,
      queues: [],
      labels: [],
      version: '',
      local: false,
      draining: false,
      held: [...held, ...this.#unacked.filter(({ type }) => type === 'ended').map(({ ref }) => ref)],
    }
    this.#session = incarnation
    this.#stream++
    const stream = this.#stream
    const sent = this.#time.now
    this.#travel('up', () => {
      if (!this.#network.isSure()) {
        // `not_leader`: nobody leads, so the deadline starts again from the question.
        this.#lease_until = Math.max(this.#lease_until, sent + SIM_LEASE_MS * 0.9)
        return this.disconnect()
      }
      this.#heardBy = incarnation
      inbox.workerConnected(hello).then(
        ({ unknown }) => {
          if (this.owner.isDead || this.#network.incarnation !== incarnation || this.#isCut || this.#stream !== stream) return
          this.#lease_until = sent + SIM_LEASE_MS * 0.9
          for (const ref of unknown) this.#drop(ref)
          this.#send([...this.#unacked])
        },
        () => {
          if (this.#stream === stream) this.disconnect()
        },
      )
    })
  }

  #drop(ref: AttemptRef): void {
    const held = this.#held.get(keyOf(ref))
    if (held !== undefined) {
      this.#held.delete(keyOf(ref))
      if (held.physical !== null) Object.assign(held.physical, { ended: this.#time.now, finished: 'killed' })
    }
    this.#unacked = this.#unacked.filter((report) => keyOf(report.ref) !== keyOf(ref))
  }

  #beat(): void {
    const { inbox } = this.#network
    if (this.#session !== this.#network.incarnation && !this.#isCut) {
      this.#session = null
      this.#connect()
    } else if (inbox !== null && this.isConnected) {
      const sent = this.#time.now
      this.#travel('up', () => {
        inbox.workerHeartbeat({ worker_id: this.id, running: this.#held.size })
        if (this.#network.isSure()) this.#travel('down', () => (this.#lease_until = Math.max(this.#lease_until, sent + SIM_LEASE_MS * 0.9)))
      })
    }
    // The guard: what runs without a lease is ended, and reported as such when somebody listens again.
    if (this.#time.now >= this.#lease_until) for (const held of [...this.#held.values()]) this.#end(held, 'killed')
    this.#time.schedule(this.owner, this.#held.size > 0 ? Math.min(500, Math.max(1, this.#lease_until - this.#time.now)) : 500, () =>
      this.#beat(),
    )
  }

  /** A message on its way, in order within its direction: late, or swallowed by a cut. */
  #travel(direction: 'up' | 'down', arrive: () => void): void {
    const { incarnation } = this.#network
    const stream = this.#stream
    const wasCut = this.#isCut
    const at = Math.max(this.#time.now + this.#random.int(0, 20), this.#lastArrival[direction])
    this.#lastArrival[direction] = at
    this.#time.schedule(this.owner, at - this.#time.now, () => {
      // What was on its way in a stream is gone with it.
      if (wasCut || this.#isCut || this.#network.incarnation !== incarnation || this.#stream !== stream) return
      arrive()
    })
  }
}

function keyOf(ref: AttemptRef): string {
  return `${ref.task_instance_id}:${ref.attempt}:${ref.lease_token}`
}
