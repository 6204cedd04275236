/**
 * A controller's swarm and workers for tests: the real service, real gRPC, a real SQLite store for logs and values. The engine
 * is a double at its border (SwarmInbox): it records what it is told and decides when a commit is done.
 */
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '#db/openStore.ts'
import type { DagRunRecord } from '#db/records.ts'
import type { EngineCommit, Store } from '#db/store.ts'
import { systemClock } from '#runtime/clock.ts'
import { createLogger } from '#runtime/logger.ts'
import type { AssignedAttempt, AttemptRef, AttemptReport, SwarmInbox, WorkerHello } from '#scheduler/ports.ts'
import type { LiveEvent } from '#contract/events.ts'
import { hashToken } from '#swarm/authentication.ts'
import { refKey } from '#swarm/codec.ts'
import { SwarmService, type SwarmServiceOptions } from '#swarm/swarmService.ts'
import { makeDagSpec, makeTaskSpec } from '#testkit/makeDagSpec.ts'
import { makeAttempt, makeCommit, makeDagFile, makeRun, makeTaskInstance } from '#testkit/makeRecords.ts'
import type { TaskSpec } from '#contract/dagSpec.ts'
import { parseController } from '../session/controllerAddress.ts'
import { WorkerService, type WorkerServiceOptions } from '../workerService.ts'
import { type Script, ScriptedRunner } from './scriptedRunner.ts'

export const TOKEN = 'a-token-for-tests-0123456789'
const logger = createLogger({ level: process.env['VORTEX_TEST_LOG'] === undefined ? 'silent' : 'debug' })

/** The engine's border as a double. Attempts are alive from `assign` until their end is committed. */
export class EngineDouble implements SwarmInbox {
  readonly hellos: WorkerHello[] = []
  readonly reports: AttemptReport[] = []
  readonly released: AttemptRef[] = []
  readonly heartbeats: number[] = []
  readonly disconnected: string[] = []
  readonly drained: string[] = []
  readonly triggers: { dag_id: string; run_id: string | null; actor: string }[] = []
  readonly alive = new Set<string>()
  leads = true
  #gate: Promise<void> = Promise.resolve()
  #open: () => void = () => undefined

  /** Commits wait until `release`. */
  hold(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve
    })
  }
  release(): void {
    this.#open()
    this.#gate = Promise.resolve()
  }

  async workerConnected(hello: WorkerHello): Promise<{ unknown: AttemptRef[] }> {
    this.hellos.push(hello)
    return { unknown: hello.held.filter((ref) => !this.alive.has(refKey(ref))) }
  }
  workerHeartbeat(): void {
    this.heartbeats.push(performance.now())
  }
  workerDisconnected({ worker_id }: { worker_id: string }): void {
    this.disconnected.push(worker_id)
  }
  async workerReports({ reports }: { reports: AttemptReport[] }): Promise<void> {
    this.reports.push(...reports)
    await this.#gate
    for (const report of reports) if (report.type === 'ended') this.alive.delete(refKey(report.ref))
  }
  async workerReleased({ refs }: { refs: AttemptRef[] }): Promise<void> {
    this.released.push(...refs)
  }

  ends(): Extract<AttemptReport, { type: 'ended' }>[] {
    return this.reports.filter((report) => report.type === 'ended')
  }
}

export interface SwarmBench {
  folder: string
  store: Store
  engine: EngineDouble
  events: LiveEvent[]
  swarm(): SwarmService
  /** Stops the controller's swarm: nobody listens any more. */
  stopSwarm(): Promise<void>
  /** Listens again, at the same places. */
  startSwarm(): Promise<void>
  attempt(task: Partial<TaskSpec> & { id?: number }): AssignedAttempt
  /** Writes rows as the engine would. */
  commit(change: Partial<EngineCommit>): Promise<void>
  /** Commits the attempts as the engine would, then hands them to the swarm. */
  assign(worker: { worker_id: string }, attempts: AssignedAttempt[]): Promise<void>
  startWorker(script: Script, change?: Partial<WorkerServiceOptions> & { port?: number; capacity?: number }): Promise<TestWorker>
  close(): Promise<void>
}
export interface TestWorker {
  service: WorkerService
  runner: ScriptedRunner
  worker_id: string
}

export async function startBench(
  change: Partial<SwarmServiceOptions> = {},
  wrap: (store: Store) => Store = (store) => store,
): Promise<SwarmBench> {
  const folder = await mkdtemp(join(tmpdir(), 'vortex-swarm-'))
  const store = await openStore({ folder: join(folder, 'data') })
  const term = await store.leaderAcquire({ holder: 'test', lease_ms: 3_600_000 })
  if (term === null) throw new Error('a new database has another leader')
  const saved = await store.dagFileSave({
    record: makeDagFile('dag.py', { dag_ids: ['dag'] }),
    specs: [makeDagSpec('dag')],
    bundle: { hash: 'bundle', files: [{ path: 'dag.py', sha256: 'a'.repeat(64), size: 10 }] },
    paused_default: false,
    now: 1,
  })
  const version = saved.changed[0]?.version
  if (version === undefined) throw new Error('the DAG was not stored')
  let seq = term.commit_seq
  const commit = async (change: Partial<EngineCommit>): Promise<void> => {
    seq += 1
    const outcome = await store.engineCommit(makeCommit(term.epoch, seq, change))
    if (outcome.status !== 'committed') throw new Error(`the rows of a test were not committed: ${JSON.stringify(outcome)}`)
  }
  await commit({ dag_runs_insert: [makeRun(1, 'dag', version.id)] })
  const engine = new EngineDouble()
  const events: LiveEvent[] = []
  const workers: TestWorker[] = []
  const socket_path = join(folder, 'swarm.sock')
  let swarm: SwarmService | null = null
  let port = 0
  let nextId = 0
  const startSwarm = async (): Promise<void> => {
    swarm = new SwarmService({
      store: wrap(store),
      clock: systemClock,
      logger,
      publish: (published) => events.push(...published),
      resolveSecrets: async () => ({}),
      connection: async () => null,
      datesOf: () => NO_DATES,
      onVariableChanged: () => undefined,
      token_hash: hashToken(TOKEN),
      socket_path,
      listen: { host: '127.0.0.1', port, tls: null, allow_plaintext: false },
      lease_ms: 6_000,
      log_cap_bytes: 64 * 1024 * 1024,
      xcom_cap_bytes: 1024 * 1024,
      dags_folder: '',
      ...change,
    })
    swarm.connectEngine({
      inbox: engine,
      role: () => (engine.leads ? 'leader' : 'standby'),
      leader: () => null,
      otherControllers: () => [],
      commands: {
        workerDrain: async ({ worker_id }) => void engine.drained.push(worker_id),
        dagTrigger: async (p) => {
          engine.triggers.push({ dag_id: p.dag_id, run_id: p.run_id, actor: p.actor })
          return makeRun(1, p.dag_id, 1, { run_id: p.run_id ?? '', triggered_by: p.actor }) satisfies DagRunRecord
        },
        runClear: async () => ({ dry_run: false, task_instances: [] }),
      },
    })
    await swarm.start()
    port = swarm.port ?? 0
  }
  await startSwarm()
  const current = (): SwarmService => {
    if (swarm === null) throw new Error('the swarm is stopped')
    return swarm
  }
  return {
    folder,
    store,
    engine,
    events,
    commit,
    swarm: current,
    startSwarm,
    async stopSwarm() {
      await swarm?.stop()
      swarm = null
    },
    attempt(task) {
      nextId += 1
      const id = task.id ?? nextId
      const spec = makeDagSpec('dag', { tasks: [makeTaskSpec(`task_${id}`, task)] })
      return {
        ref: { task_instance_id: id, attempt: 1, lease_token: randomUUID() },
        run: makeRun(1, 'dag', version.id),
        task_instance: makeTaskInstance(id, 1),
        version: { id: 1, dag_id: 'dag', version: 1, hash: '', spec, bundle_hash: '', file: 'dag.py', created_at: 0 },
        expanded_ti_count: null,
        kind: 'task',
      }
    },
    async assign(worker, attempts) {
      await commit({
        task_instances_insert: attempts.map(({ task_instance }) => task_instance),
        attempts_insert: attempts.map(({ ref }) =>
          makeAttempt(ref.task_instance_id, ref.attempt, { lease_token: ref.lease_token, worker_id: worker.worker_id }),
        ),
      })
      for (const { ref } of attempts) engine.alive.add(refKey(ref))
      current().assign({ worker_id: worker.worker_id, attempts })
    },
    async startWorker(script, options = {}) {
      const { port: tcpPort, capacity = 4, ...more } = options
      const worker_id = `worker-${randomUUID()}`
      let runner: ScriptedRunner | null = null
      const service = new WorkerService({
        controllers: [parseController(tcpPort === undefined ? `unix:${socket_path}` : `http://127.0.0.1:${tcpPort}`)],
        credentials: { token: TOKEN, ca: null },
        identity: { worker_id, hostname: 'test-host', capacity, queues: [], labels: [], version: '1', local: false },
        folder: join(folder, worker_id),
        settings: '',
        createRunner: (listener) => (runner = new ScriptedRunner(listener, script)),
        clock: systemClock,
        logger,
        drain_ms: null,
        ...more,
      })
      await service.start()
      if (runner === null) throw new Error('no runner was made')
      const worker = { service, runner, worker_id }
      workers.push(worker)
      if (more.credentials === undefined) await until(() => service.isConnected, 'the worker is connected')
      return worker
    },
    async close() {
      for (const { service } of workers) await service.stop()
      await swarm?.stop()
      await store.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export const NO_DATES = {
  prev_success_interval_start: null,
  prev_success_interval_end: null,
  prev_success_start: null,
  prev_success_end: null,
  prev_logical_date: null,
  next_logical_date: null,
}

/** Waits for a condition that events of the other side bring about. */
export async function until(condition: () => boolean | Promise<boolean>, what: string, timeout_ms = 10_000): Promise<void> {
  const deadline = performance.now() + timeout_ms
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${timeout_ms} ms in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
