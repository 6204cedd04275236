/** What API and DAG files ask of the engine: each call becomes reads of the store where needed, then one step. */
import { VortexError } from '#contract/errors.ts'
import type { BackfillInterval } from '#contract/dagRun.ts'
import type { Affected } from '#contract/dagRun.ts'
import type { DagRunRecord } from '#db/records.ts'
import type { AdminStore, EngineStore, ReadStore } from '#db/store.ts'
import type { Clock } from '#runtime/clock.ts'
import { BACKFILL_INTERVALS_MAX, continueBackfill, createBackfill, planBackfill, type PlannedInterval } from './backfills.ts'
import { graphOf } from './activeRuns.ts'
import { recordByHand, watchAssets } from './assets.ts'
import { excludedByBranches } from './branches.ts'
import { clearInstances, selectForClear } from './clear.ts'
import { cancelRun, dagOf, deleteDag, deleteRun, identify, markRun, setPaused, triggerRun } from './commands.ts'
import { deleteHistory } from './dagDeletion.ts'
import type { Engine } from './engine.ts'
import { moveToVersion } from './moveToVersion.ts'
import { makeDagEntry, setPools, timetableOf } from './engineLoad.ts'
import type { EngineService } from './engineService.ts'
import { instant } from './liveEventsOf.ts'
import type { ActiveRun, DagEntry, Instance } from './model.ts'
import { oneAfterAnother } from './poolReads.ts'
import type { EngineCommands } from './ports.ts'
import { createDueRuns, plan } from './schedule.ts'
import { resumeWorker } from './resumeWorker.ts'
import { refuseGone, selectedRuns, type CommitCommand } from './selectedRuns.ts'
import { createTaskCommands } from './taskCommands.ts'
import { noteDagFile } from './dagFileNotes.ts'
import { drainWorker } from './workers.ts'

/** Task instances that one clear resets: a commit of about 2 s. Beyond it everybody else would wait too long. */
const CLEAR_TASK_INSTANCES_MAX = 50_000
/** Run ids with these beginnings belong to the scheduler (Airflow refuses them for manual runs too). */
const RESERVED_RUN_IDS = ['scheduled__', 'backfill__', 'asset_triggered__', 'dataset_triggered__']

export interface EngineApiOptions {
  service: EngineService
  store: EngineStore & Pick<AdminStore, 'workerPut' | 'workerDelete' | 'poolList'> & Pick<ReadStore, 'dagRecentRuns'>
  clock: Clock
}
export interface EngineCommandsOptions extends EngineApiOptions {
  /** Keys that are being checked against the database and created: a second caller is told at once. */
  reserved?: Set<string>
  /** These commands are one command of another controller: the commit that carries it out answers it (cluster/commandRunner.ts). */
  asked?: { id: string; isAnswered: boolean }
  clear_max?: number
}
function commitFor(service: EngineService, asked: EngineCommandsOptions['asked']): CommitCommand {
  if (asked === undefined) return async (work, present) => present(await service.commit(work))
  return async (work, present) => {
    const result = await service.commit(work, { id: asked.id, answer: (made) => JSON.stringify({ ok: present(made) ?? null }) })
    asked.isAnswered = true
    return present(result)
  }
}
const nothing = (): undefined => undefined
const same = <T>(result: T): T => result

export function createEngineCommands({
  service,
  store,
  clock,
  reserved = new Set(),
  asked,
  clear_max = CLEAR_TASK_INSTANCES_MAX,
}: EngineCommandsOptions): EngineCommands {
  const commit = commitFor(service, asked)

  return {
    async dagTrigger(p) {
      const e = service.leading()
      const dag = dagOf(e, p.dag_id)
      const prefix = RESERVED_RUN_IDS.find((word) => p.run_id?.startsWith(word) === true)
      if (prefix !== undefined)
        throw new VortexError('invalid_request', `A manual run id must not begin with "${prefix}": those names belong to the scheduler.`)
      if (p.logical_date === 'none' && dag.version.spec.dialect === '2')
        throw new VortexError(
          'invalid_request',
          `DAG "${p.dag_id}" follows the rules of Airflow 2, where every run has a logical date. Give one, or leave it out for now.`,
          { field: 'logical_date' },
        )
      const run = { ...p, ...identify(dag, { ...p, now: Math.max(e.now, clock.now()) }) }
      const dates = run.logical_date === null ? [] : [`date ${run.dag_id} ${run.logical_date}`]
      const keys = [`id ${run.dag_id} ${run.run_id}`, ...dates]
      if (keys.some((key) => reserved.has(key))) throw new VortexError('conflict', 'The same run is being created right now.')
      for (const key of keys) reserved.add(key)
      try {
        await refuseExisting(store, dag, run)
        return await commit(
          (engine) => triggerRun(engine, run),
          ({ record }) => ({ ...record }),
        )
      } finally {
        for (const key of keys) reserved.delete(key)
      }
    },
    dagSetPaused: (p) => commit((e) => setPaused(e, p), nothing),
    async dagDelete(p) {
      await deleteHistory(service, store, p)
      await commit((e) => deleteDag(e, p.dag_id, p.actor), nothing)
    },
    dagFileNoted: (p) => commit((e) => noteDagFile(e, p), nothing),
    assetUpdate: (p) => commit((e) => recordByHand(e, p), same),
    dagsChanged: (p) => service.commit((e) => dagsChanged(e, p)),
    async runCancel(p) {
      const run = await service.runInMemory(p.dag_id, p.run_id)
      return await changedRun(service, commit, run, (e) => cancelRun(e, run, p.actor))
    },
    async runMark(p) {
      const run = await service.runInMemory(p.dag_id, p.run_id)
      return await changedRun(service, commit, run, (e) => markRun(e, run, p.state, p.actor))
    },
    async runDelete(p) {
      const run = await service.runInMemory(p.dag_id, p.run_id)
      await changedRun(service, commit, run, (e) => deleteRun(e, run, p.actor))
    },
    ...createTaskCommands({ service, store, commit }),
    async runClear(p) {
      const runs = await selectedRuns(service, store, p)
      try {
        const selected = runs.map((run) => ({ run, instances: selectForClear(run, p.options) }))
        const affected: Affected['task_instances'] = selected.flatMap(({ run, instances }) =>
          instances.map(({ record }) => ({
            run_id: run.record.run_id,
            task_id: record.task_id,
            map_index: record.map_index,
            state: record.state,
          })),
        )
        if (p.options.dry_run === true) return { dry_run: true, task_instances: affected }
        if (affected.length > clear_max)
          throw new VortexError(
            'invalid_request',
            `This would clear ${affected.length} task instances of ${runs.length} runs; at most ${clear_max} at once. Name tasks, choose only failed ones, or leave out past or future runs and clear those by themselves.`,
          )
        const excluded = new Map<Instance, Instance>()
        for (const { run, instances } of selected)
          for (const [instance, branch] of await excludedByBranches(store, run, instances)) excluded.set(instance, branch)
        const clear = (e: Engine): void => {
          for (const run of runs) refuseGone(e, run)
          if (p.options.version === 'newest') refuseUnknownTasks(dagOf(e, p.dag_id), p.options.task_ids ?? [])
          for (const { run } of selected) {
            if (p.options.version === 'newest') moveToVersion(e, run, run.dag.version, p.actor)
            clearInstances(e, run, selectForClear(run, p.options), { actor: p.actor, note: p.options.note, excluded })
          }
        }
        return await commit(clear, () => ({ dry_run: false, task_instances: affected }))
      } finally {
        for (const run of runs) service.release(run)
      }
    },
    async backfillCreate(p) {
      const dag = dagOf(service.leading(), p.dag_id)
      if (p.end_date < p.start_date) throw new VortexError('invalid_request', 'end_date lies before start_date.')
      const existing = await store.dagRunsByLogicalDate({ dag_id: p.dag_id, from: p.start_date, to: p.end_date })
      const planned = planBackfill(dag, { ...p, existing })
      if (planned === 'too_many')
        throw new VortexError('invalid_request', `The range holds more than ${BACKFILL_INTERVALS_MAX} intervals; split it.`)
      const intervals = planned.map(presentInterval)
      if (p.dry_run) return { backfill: null, intervals }
      if (planned.every(({ action }) => action === 'skip'))
        throw new VortexError('invalid_request', 'There is nothing to run in this range.', { intervals })
      const create = (e: Engine) => {
        const other = [...e.backfills.values()].find(({ record }) => record.dag_id === p.dag_id)
        if (other !== undefined)
          throw new VortexError('conflict', `Backfill ${other.record.id} of this DAG is ${other.record.state}; cancel it or wait for it.`)
        return createBackfill(
          e,
          dagOf(e, p.dag_id),
          {
            dag_id: p.dag_id,
            start_date: p.start_date,
            end_date: p.end_date,
            max_active_runs: p.max_active_runs,
            reprocess: p.reprocess,
            run_backwards: p.run_backwards,
            conf: p.conf,
            created_by: p.actor,
          },
          planned,
        )
      }
      return await commit(create, (entry) => ({ backfill: { ...entry.record }, intervals }))
    },
    backfillSetState: (p) =>
      commit((e) => {
        const entry = e.backfills.get(p.backfill_id)
        if (entry === undefined || entry.record.dag_id !== p.dag_id)
          throw new VortexError('not_found', `DAG "${p.dag_id}" has no active backfill ${p.backfill_id}.`)
        // It may have ended in the commit that is under way.
        if (entry.record.state !== 'running' && entry.record.state !== 'paused')
          throw new VortexError('invalid_state', `Backfill ${p.backfill_id} has ended as ${entry.record.state}.`)
        const state = p.action === 'pause' ? 'paused' : p.action === 'resume' ? 'running' : 'cancelled'
        e.pending.changeBackfill(entry.record, { state, ...(state === 'cancelled' ? { end_time: e.now } : {}) })
        e.ledger({
          kind: 'backfill.state',
          dag_id: p.dag_id,
          to_state: state,
          cause: 'user',
          actor: p.actor,
        })
        if (state === 'running') continueBackfill(e, dagOf(e, p.dag_id), entry)
        if (state === 'cancelled') {
          for (const id of entry.active) {
            const run = e.runs.get(id)
            if (run?.record.state === 'queued') cancelRun(e, run, p.actor)
          }
          e.pending.effects.push(() => {
            if (e.backfills.get(entry.record.id) === entry) e.backfills.delete(entry.record.id)
          })
        }
        return { ...entry.record }
      }, same),
    poolsChanged: () =>
      oneAfterAnother(service, async () => {
        const pools = await store.poolList()
        await commit((e) => setPools(e, pools), nothing)
      }),
    workerDrain: (p) => commit((e) => drainWorker(e, p), nothing),
    workerResume: (p) => commit((e) => resumeWorker(e, p), nothing),
    async workerForget(p) {
      refuseUsedWorker(service.leading(), p.worker_id)
      // First, and again if the commit fails: the commit is what answers, and nothing may fail after it.
      await store.workerDelete({ worker_id: p.worker_id })
      await commit((e) => {
        refuseUsedWorker(e, p.worker_id)
        e.workers.delete(p.worker_id)
      }, nothing)
    },
  }
}

function refuseUsedWorker(e: Engine, worker_id: string): void {
  const worker = e.workers.get(worker_id)
  if (worker?.is_connected === true) throw new VortexError('invalid_state', `Worker "${worker_id}" is connected; drain it first.`)
  if (worker !== undefined && worker.attempts.size > 0)
    throw new VortexError(
      'invalid_state',
      `Worker "${worker_id}" still holds ${worker.attempts.size} attempts; their leases end within seconds.`,
    )
}

/** Runs `change`, answers with the run's row as it is then, and lets go of the run if it stayed finished. */
async function changedRun(
  service: EngineService,
  commit: CommitCommand,
  run: ActiveRun,
  change: (e: Engine) => void,
): Promise<DagRunRecord> {
  try {
    return await commit(
      (e) => {
        refuseGone(e, run)
        change(e)
      },
      () => ({ ...run.record }),
    )
  } finally {
    service.release(run)
  }
}

/** What the run would be called decides, whether its caller or VORTEX chose that: the database refuses a second one, and with it the DAG. */
async function refuseExisting(
  store: EngineStore,
  dag: DagEntry,
  p: { dag_id: string; run_id: string; logical_date: number | null },
): Promise<void> {
  const { dag_id, run_id, logical_date } = p
  const [named, dated] = await Promise.all([
    store.dagRunGet({ dag_id, run_id }),
    logical_date === null ? [] : store.dagRunsByLogicalDate({ dag_id, from: logical_date, to: logical_date }),
  ])
  if (named !== null || dag.runs.has(run_id))
    throw new VortexError('conflict', `DAG "${dag_id}" already has a run "${run_id}".`, { run_id })
  if (logical_date === null) return
  const known = [...[...dag.runs.values()].map(({ record }) => record), ...dated].find(
    (record) => record.logical_date === logical_date && record.run_type === 'manual',
  )
  if (known !== undefined)
    throw new VortexError('conflict', `DAG "${dag_id}" already has a manual run for ${instant(logical_date)}: "${known.run_id}".`, {
      run_id: known.run_id,
    })
}

/** Before anything is changed: a step has no way back. */
function refuseUnknownTasks(dag: DagEntry, task_ids: readonly string[]): void {
  const unknown = task_ids.find((task_id) => !graphOf(dag.version).index.has(task_id))
  if (unknown !== undefined)
    throw new VortexError('not_found', `Version ${dag.version.version} of "${dag.record.dag_id}" has no task "${unknown}".`)
}

function presentInterval(interval: PlannedInterval): BackfillInterval {
  return {
    logical_date: instant(interval.logical_date),
    data_interval_start: instant(interval.data_interval_start),
    data_interval_end: instant(interval.data_interval_end),
    action: interval.action,
    run_id: interval.run_id,
    reason: interval.reason,
  }
}

/** Takes over what a parse stored. What the scheduler itself keeps of a DAG (pause, next run) stays as it is in memory. */
function dagsChanged(e: Engine, p: Parameters<EngineCommands['dagsChanged']>[0]): void {
  for (const { dag: row, version } of p.changed) {
    const known = e.dags.get(row.dag_id)
    if (e.reloading.has(row.dag_id)) {
      // Its newest version comes with what is read.
      if (e.reloading.get(row.dag_id) === 'reading') e.reloading.set(row.dag_id, 'stale')
      continue
    }
    if (known === undefined) {
      const made = makeDagEntry(row, version)
      e.dags.set(row.dag_id, made)
      watchAssets(e, made)
      createDueRuns(e, made)
      if (row.is_paused) plan(e, made)
      continue
    }
    const { is_paused, next_run_after, next_logical_date, next_interval_start, next_interval_end, consecutive_failed_runs } = known.record
    const { queued_asset_events, asset_uses, asset_schedule } = known.record
    const { last_scheduled_logical_date, last_scheduled_interval_start, last_scheduled_interval_end, last_scheduled_run_after } =
      known.record
    Object.assign(known.record, row, {
      is_paused,
      next_run_after,
      next_logical_date,
      next_interval_start,
      next_interval_end,
      consecutive_failed_runs,
      queued_asset_events,
      asset_uses,
      asset_schedule,
      last_scheduled_logical_date,
      last_scheduled_interval_start,
      last_scheduled_interval_end,
      last_scheduled_run_after,
    })
    known.version = version
    watchAssets(e, known)
    known.timetable = timetableOf(version)
    known.taskSlots.max = version.spec.max_active_tasks
    e.ready.released(known.taskSlots)
    known.timer_at = null
    createDueRuns(e, known)
    plan(e, known)
    e.dagsWithRoom.add(known)
  }
  for (const dag_id of p.stale) {
    const dag = e.dags.get(dag_id)
    if (dag === undefined) continue
    dag.record.is_stale = true
    plan(e, dag)
  }
}
