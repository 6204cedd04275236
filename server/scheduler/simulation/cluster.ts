/** The processes of a simulation: one or two controllers over one database, a few workers, and what can befall them. */
import type { Random } from './random.ts'
import { newOwner, type SimTime } from './simClock.ts'
import { newLink, SimController } from './simController.ts'
import type { SimDatabase } from './simDatabase.ts'
import type { SeedClass, FaultCounts } from './faults.ts'
import type { Invariants } from './invariants.ts'
import { SimNetwork } from './simNetwork.ts'
import type { Pace } from './simProcesses.ts'
import { healLink, type StoreFaults } from './simStore.ts'
import { SimWorker } from './simWorker.ts'

export interface ClusterOptions {
  seed: number
  seedClass: SeedClass
  random: Random
  time: SimTime
  db: SimDatabase
  invariants: Invariants
  fail_rate: number
  pace: Pace
}

/** At most: a person who sets a clock, or a host that comes back from a long sleep. */
const JUMP_BACK_MS = 300_000
const JUMP_FORTH_MS = 600_000

export class Cluster {
  readonly #o: ClusterOptions
  readonly #world = newOwner()
  readonly network: SimNetwork
  readonly #hosts: { controller: SimController | null; wall: { offset: number } }[]
  readonly workers = new Map<string, SimWorker>()
  readonly #faults: StoreFaults
  readonly #gone = new Set<string>()
  #starts = 0
  #tokens = 0
  #workerCount = 0
  #isHealed = false
  /** How far a wall clock was ever ahead: what is due by it may be late by as much when it is set back. */
  aheadMs = 0
  /** Drains that were answered, by the leader's holder and epoch at that time. */
  readonly drained: { worker_id: string; term: string }[] = []

  constructor(options: ClusterOptions) {
    const { random, seedClass } = options
    this.#o = options
    this.network = new SimNetwork(options.time, random)
    const share = (): number => random.pick([0, seedClass.databaseTrouble / 5, seedClass.databaseTrouble])
    this.#faults = { lost_answer: share(), unavailable: share() }
    this.#hosts = Array.from({ length: seedClass.controllers }, () => ({ controller: null, wall: { offset: 0 } }))
  }

  // --- controllers ---------------------------------------------------------------------------------------------------------

  get controllers(): SimController[] {
    return this.#hosts.flatMap(({ controller }) => controller ?? [])
  }

  /** Those that answer heartbeats now. One that is frozen answers nothing. */
  get sure(): SimController[] {
    const found: SimController[] = []
    for (const { controller } of this.#hosts) if (controller?.isRunning === true && controller.isSure) found.push(controller)
    return found
  }

  startController(index: number): void {
    const host = this.#hosts[index]
    if (host === undefined || host.controller !== null) return
    const { db, time, random, invariants } = this.#o
    const link = newLink()
    link.faults = this.#faults
    host.controller = new SimController({
      index,
      holder: `controller-${index}-${++this.#starts}`,
      db,
      time,
      random,
      link,
      wall: host.wall,
      parallelism: random.int(2, 8),
      newToken: () => `k${++this.#tokens}`,
      isGone: (holder) => this.#gone.has(holder),
      onAck: (reports) => invariants.acked(reports),
    })
  }

  #killController(controller: SimController): void {
    const { random, time } = this.#o
    controller.kill(random.chance(0.5))
    this.#gone.add(controller.holder)
    const host = this.#hosts[controller.index]
    if (host !== undefined) host.controller = null
    const longest = this.#hosts.length > 1 ? 12_000 : 3000
    time.schedule(this.#world, random.int(1, longest), () => this.startController(controller.index))
  }

  #cutDatabase(controller: SimController): void {
    const { random, time } = this.#o
    const { link } = controller
    link.isCut = true
    time.schedule(this.#world, random.int(500, 25_000), () => healLink(link, time, random))
  }

  #outage(): void {
    const { random, time } = this.#o
    const { unavailable } = this.#faults
    this.#faults.unavailable = 1
    time.schedule(this.#world, random.int(500, 15_000), () => {
      if (!this.#isHealed) this.#faults.unavailable = Math.min(unavailable, 0.1)
    })
  }

  #slowLoad(controller: SimController): void {
    const { random, time } = this.#o
    this.#faults.load_ms = random.int(1000, 10_000)
    this.#killController(controller)
    time.schedule(this.#world, random.int(5000, 20_000), () => (this.#faults.load_ms = 0))
  }

  #jump(wall: { offset: number }): void {
    wall.offset = Math.max(-JUMP_BACK_MS, Math.min(JUMP_FORTH_MS, wall.offset + this.#o.random.int(-JUMP_BACK_MS, JUMP_FORTH_MS)))
    this.aheadMs = Math.max(this.aheadMs, wall.offset)
  }

  // --- workers -------------------------------------------------------------------------------------------------------------

  startWorker(): void {
    const id = `w${++this.#workerCount}`
    const { invariants } = this.#o
    const worker = new SimWorker({
      ...this.#o,
      id,
      network: this.network,
      controllers: () => this.#hosts.map(({ controller }) => controller),
      onPhysical: (physical) => invariants.began(physical),
      onPhysicalEnd: (physical) => invariants.ended(physical),
      onGone: () => this.#replace(id),
    })
    this.workers.set(id, worker)
  }

  #replace(id: string): void {
    const { random, time } = this.#o
    this.workers.delete(id)
    time.schedule(this.#world, random.int(10, 5000), () => this.startWorker())
  }

  // --- faults --------------------------------------------------------------------------------------------------------------

  /** One fault, now. False = there was nobody whom it could befall. */
  befall(kind: keyof FaultCounts): boolean {
    const { random } = this.#o
    const controllers = this.controllers
    const workers = [...this.workers.values()]
    // The leader is the one whom it hurts.
    const controller = (random.chance(0.7) ? this.sure[0] : undefined) ?? (controllers.length > 0 ? random.pick(controllers) : undefined)
    const worker = workers.length > 0 ? random.pick(workers) : undefined
    if (kind === 'outage') {
      this.#outage()
      return true
    }
    if (kind === 'clockJump') {
      this.#jump(random.pick(this.#hosts).wall)
      return true
    }
    if (kind === 'dataError') {
      const { db } = this.#o
      if (db.unstorable !== null || db.dags.size === 0) return false
      db.unstorable = { dag_id: random.pick([...db.dags.keys()]), commits: random.int(1, 6) }
      return true
    }
    if (kind === 'killAtCancel') {
      this.#o.db.onKilled = () => void this.#o.time.schedule(this.#world, 0, () => this.befall('controllerKill'))
      return true
    }
    if (
      kind === 'controllerKill' ||
      kind === 'controllerFreeze' ||
      kind === 'databaseCut' ||
      kind === 'slowCommit' ||
      kind === 'slowLoad'
    ) {
      if (controller === undefined) return false
      if (kind === 'slowCommit') controller.link.slowCommits = random.int(1, 3)
      else if (kind === 'slowLoad') this.#slowLoad(controller)
      else if (kind === 'controllerKill') this.#killController(controller)
      else if (kind === 'databaseCut') this.#cutDatabase(controller)
      else controller.owner.frozen_until = this.#o.time.now + random.int(200, 12_000)
      return true
    }
    return worker === undefined ? false : this.#befallWorker(kind, worker)
  }

  #befallWorker(kind: keyof FaultCounts, worker: SimWorker): boolean {
    const { random } = this.#o
    switch (kind) {
      case 'workerKill':
        worker.die()
        this.#replace(worker.id)
        return true
      case 'workerHang':
        worker.hang(random.int(500, 15_000))
        return true
      case 'workerCut': {
        const ms = random.int(500, 20_000)
        for (let index = 0; index < this.#hosts.length; index++) this.network.cut(worker.id, index, ms)
        return true
      }
      case 'partialCut':
        this.network.cut(worker.id, random.int(0, this.#hosts.length - 1), random.int(500, 20_000))
        return true
      case 'reconnect':
        worker.breakConnection()
        return true
      case 'workerDrain':
        worker.drain()
        return true
      default:
        return this.#drainByCommand(worker)
    }
  }

  #drainByCommand(worker: SimWorker): boolean {
    const controller = this.sure[0]
    if (controller === undefined) return false
    // It may be away just then.
    if (this.#o.random.chance(0.3)) worker.breakConnection()
    controller.commands.workerDrain({ worker_id: worker.id, actor: 'sim' }).then(
      () => this.drained.push({ worker_id: worker.id, term: this.term }),
      () => undefined,
    )
    return true
  }

  get term(): string {
    const { holder, epoch } = this.#o.db.leader
    return `${holder} ${epoch}`
  }

  /** Everything is healthy from now on. What is frozen thaws within seconds, clocks are right again. */
  heal(): void {
    this.#isHealed = true
    Object.assign(this.#faults, { lost_answer: 0, unavailable: 0, load_ms: 0 })
    this.#o.db.unstorable = null
    for (const { wall } of this.#hosts) wall.offset = 0
    for (const { link } of this.controllers) link.slowCommits = 0
    for (const { link } of this.controllers) healLink(link, this.#o.time, this.#o.random)
    this.network.healAll()
    this.#hosts.forEach((_, index) => this.startController(index))
    if (this.workers.size === 0) this.startWorker()
  }
}
