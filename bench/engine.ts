/**
 * The engine alone: a durable run of many no-op tasks with a worker that reports at once, against the raw life-cycle loop of
 * the same database in the same process (3 state changes and 3 ledger rows a task, committed in hundreds).
 * Usage: node bench/engine.ts [--tasks N] [--synchronous FULL|NORMAL]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openStore } from '#db/openStore.ts'
import type { Store } from '#db/store.ts'
import { createEngineCommands } from '#scheduler/engineCommands.ts'
import { createSwarmInbox } from '#scheduler/swarmInbox.ts'
import { EngineService } from '#scheduler/engineService.ts'
import { DEFAULT_SETTINGS } from '#scheduler/model.ts'
import type { AssignedAttempt, AttemptReport, SwarmInbox } from '#scheduler/ports.ts'
import { createLogger } from '#runtime/logger.ts'
import { systemClock } from '#runtime/clock.ts'
import { makeDagSpec, makeTaskSpec } from '#testkit/makeDagSpec.ts'
import type { DagSpec } from '#contract/dagSpec.ts'

export interface EngineFigures {
  tasks: number
  seconds: number
  tasks_per_second: number
  commits: number
}

function reportsOf({ ref }: AssignedAttempt): AttemptReport[] {
  const at = Date.now()
  return [
    { type: 'started', ref, at, pid: 1, hostname: 'bench' },
    {
      type: 'ended',
      ref,
      at,
      outcome: 'success',
      exit_code: 0,
      signal: '',
      reason: '',
      reason_code: '',
      xcoms: [],
      skip_task_ids: [],
      reschedule_at: null,
      deferral_json: null,
      max_rss_bytes: null,
      log_truncated: false,
    },
  ]
}

/** Runs one DAG through the engine; the worker answers each batch of assignments with one batch of reports. */
export async function runEngine(store: Store, spec: DagSpec, capacity: number): Promise<EngineFigures> {
  let inbox: SwarmInbox | null = null
  let left = spec.tasks.length
  let done: () => void = () => undefined
  const finished = new Promise<void>((resolve) => (done = resolve))
  const service = new EngineService({
    store,
    clock: systemClock,
    holder: `bench-${process.pid}`,
    newToken: () => Math.random().toString(36).slice(2),
    publish: () => undefined,
    logger: createLogger({ level: 'error' }),
    settings: { ...DEFAULT_SETTINGS, parallelism: 100_000 },
    workers: {
      assign: ({ worker_id, attempts }) => {
        setImmediate(() => {
          void inbox?.workerReports({ worker_id, reports: attempts.flatMap(reportsOf) }).then(() => {
            left -= attempts.length
            if (left === 0) done()
          })
        })
      },
      kill: () => undefined,
      drain: () => undefined,
      disconnect: () => undefined,
      disconnectAll: () => undefined,
    },
  })
  const api = { service, store, clock: systemClock }
  inbox = createSwarmInbox(api)
  const commands = createEngineCommands(api)
  await service.start()
  await service.whenLeading()
  const saved = await store.dagFileSave({
    record: {
      file: spec.file,
      hash: spec.dag_id,
      parsed_at: Date.now(),
      duration_ms: 1,
      dag_ids: [spec.dag_id],
      inputs: { files: [], variables: [], environment: [] },
      error: null,
      fork_hazard: null,
    },
    specs: [spec],
    bundle: { hash: 'b', files: [] },
    paused_default: false,
    now: Date.now(),
  })
  await commands.dagsChanged({ changed: saved.changed, stale: [] })
  await inbox.workerConnected({
    worker_id: 'bench',
    hostname: 'bench',
    capacity,
    queues: [],
    labels: [],
    version: '',
    local: true,
    held: [],
    draining: false,
  })
  const commitsBefore = service.stats.commits
  const began = performance.now()
  await commands.dagTrigger({ dag_id: spec.dag_id, conf: {}, logical_date: null, run_id: null, note: null, actor: 'bench' })
  await finished
  const seconds = (performance.now() - began) / 1000
  const commits = service.stats.commits - commitsBefore
  await service.stop()
  return { tasks: spec.tasks.length, seconds, tasks_per_second: spec.tasks.length / seconds, commits }
}

/** Layers of tasks, each depending on two of the layer before: ends are spread, so dispatch never sees one big bang. */
export function layeredDag(tasks: number, width: number): DagSpec {
  const edges: DagSpec['edges'] = []
  for (let i = width; i < tasks; i++)
    edges.push([`t${i - width}`, `t${i}`, null], [`t${i - width + (i % width === width - 1 ? 0 : 1)}`, `t${i}`, null])
  return makeDagSpec(`bench_${tasks}_${width}`, {
    tasks: Array.from({ length: tasks }, (_, i) => makeTaskSpec(`t${i}`, { weight_rule: 'absolute', pool: 'bench' })),
    edges,
    max_active_tasks: 1_000_000,
    start_date: null,
    schedule: null,
    timetable: { type: 'null' },
  })
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      tasks: { type: 'string', default: '20000' },
      synchronous: { type: 'string', default: 'FULL' },
      width: { type: 'string', default: '1000' },
    },
  })
  const folder = mkdtempSync(join(tmpdir(), 'vortex-bench-'))
  const store = await openStore({ folder, synchronous: values.synchronous as 'FULL' | 'NORMAL' })
  await store.poolPut({ name: 'bench', slots: -1, description: '', include_deferred: false })
  const figures = await runEngine(store, layeredDag(Number(values.tasks), Number(values.width)), 1000)
  process.stdout.write(`${JSON.stringify(figures)}\n`)
  await store.close()
  rmSync(folder, { recursive: true, force: true })
}
