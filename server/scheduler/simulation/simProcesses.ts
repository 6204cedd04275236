/**
 * The processes of one worker's attempts, and the guard that ends them with the lease: they go on while the worker's event loop
 * hangs (worker/hosts). What they do goes to a ledger that no controller ever sees.
 */
import type { Timer } from '#runtime/clock.ts'
import type { AssignedAttempt, AttemptRef } from '../ports.ts'
import { behave, type Behaviour } from './behaviour.ts'
import type { Random } from './random.ts'
import { newOwner, type Owner, type SimTime } from './simClock.ts'

/** How long tasks take. When all are short, workers are given more than they have places for. */
export type Pace = 'quick' | 'mixed' | 'slow'

function durationOf(random: Random, pace: Pace): number {
  if (pace === 'quick') return random.chance(0.003) ? random.int(2000, 20_000) : random.int(1, 40)
  if (pace === 'slow') return random.chance(0.15) ? random.int(5000, 40_000) : random.int(1, 800)
  return random.chance(0.1) ? random.int(2000, 20_000) : random.int(1, 800)
}

export interface PhysicalAttempt {
  task_instance_id: number
  task_id: string
  dag_run_id: number
  run_id: string
  dag_version_id: number
  worker_id: string
  pool: string
  pool_slots: number
  attempt: number
  token: string
  started: number
  /** null = still alive. */
  ended: number | null
  /** When its slots were free at the latest, although it lived; null = not before its end. */
  freed: number | null
  finished: Behaviour['outcome'] | 'killed' | 'died' | null
}

export interface ProcessEnd {
  outcome: Behaviour['outcome'] | 'killed'
  behaviour: Behaviour | null
}

export interface ProcessesOptions {
  worker_id: string
  /** The worker's event loop: what is told to it waits while it hangs. */
  loop: Owner
  time: SimTime
  random: Random
  seed: number
  fail_rate: number
  pace: Pace
  onStarted: (ref: AttemptRef) => void
  onEnded: (ref: AttemptRef, end: ProcessEnd) => void
  /** A process began: checked at once, and written down. */
  onPhysical: (physical: PhysicalAttempt) => void
  onPhysicalEnd: (physical: PhysicalAttempt) => void
}

interface Running {
  assigned: AssignedAttempt
  physical: PhysicalAttempt | null
  timer: Timer
}

export class SimProcesses {
  readonly #o: ProcessesOptions
  readonly #owner = newOwner()
  readonly #running = new Map<string, Running>()
  #valid_until = 0
  #guard: Timer | null = null

  constructor(options: ProcessesOptions) {
    this.#o = options
  }

  renewLease(valid_ms: number): void {
    const { time } = this.#o
    this.#valid_until = time.now + valid_ms
    this.#guard?.cancel()
    this.#guard = time.schedule(this.#owner, valid_ms, () => {
      for (const { assigned } of [...this.#running.values()]) this.kill(assigned.ref, 50)
    })
  }

  run(key: string, assigned: AssignedAttempt): void {
    const { time, random } = this.#o
    const timer = time.schedule(this.#owner, random.int(0, 30), () => this.#begin(key))
    this.#running.set(key, { assigned, physical: null, timer })
  }

  /** Ends a process tree within `slowest` milliseconds, unless it ends by itself before. */
  kill(ref: AttemptRef, slowest: number): void {
    const key = keyOf(ref)
    this.#o.time.schedule(this.#owner, this.#o.random.int(0, slowest), () => this.#end(key, { outcome: 'killed', behaviour: null }))
  }

  /** The worker has died: its hosts end everything at once, and nobody is told. */
  die(): void {
    this.#owner.isDead = true
    for (const { physical } of this.#running.values()) if (physical !== null) this.#close(physical, 'died')
    this.#running.clear()
  }

  #begin(key: string): void {
    const running = this.#running.get(key)
    if (running === undefined) return
    const { time, random } = this.#o
    const { ref, task_instance, run, version } = running.assigned
    // Without a lease nothing starts.
    if (time.now >= this.#valid_until) return this.#end(key, { outcome: 'killed', behaviour: null })
    const physical: PhysicalAttempt = {
      task_instance_id: ref.task_instance_id,
      task_id: task_instance.task_id,
      dag_run_id: run.id,
      run_id: run.run_id,
      dag_version_id: version.id,
      worker_id: this.#o.worker_id,
      pool: task_instance.pool,
      pool_slots: task_instance.pool_slots,
      attempt: ref.attempt,
      token: ref.lease_token,
      started: time.now,
      ended: null,
      freed: null,
      finished: null,
    }
    running.physical = physical
    this.#o.onPhysical(physical)
    this.#tell(() => this.#o.onStarted(ref))
    const duration = durationOf(random, this.#o.pace)
    const task = version.spec.tasks.find(({ task_id }) => task_id === task_instance.task_id)
    if (task === undefined) throw new Error(`${task_instance.task_id} is not in version ${version.version}`)
    const behaviour = behave({ ...this.#o, run_id: run.run_id, spec: version.spec, task, attempt: ref.attempt })
    running.timer = time.schedule(this.#owner, duration, () => this.#end(key, { outcome: behaviour.outcome, behaviour }))
  }

  #end(key: string, end: ProcessEnd): void {
    const running = this.#running.get(key)
    if (running === undefined) return
    running.timer.cancel()
    this.#running.delete(key)
    if (running.physical !== null) this.#close(running.physical, end.outcome)
    this.#tell(() => this.#o.onEnded(running.assigned.ref, end))
  }

  #close(physical: PhysicalAttempt, finished: PhysicalAttempt['finished']): void {
    Object.assign(physical, { ended: this.#o.time.now, finished })
    this.#o.onPhysicalEnd(physical)
  }

  #tell(what: () => void): void {
    this.#o.time.schedule(this.#o.loop, 0, what)
  }
}

export function keyOf(ref: AttemptRef): string {
  return `${ref.task_instance_id}:${ref.attempt}:${ref.lease_token}`
}
