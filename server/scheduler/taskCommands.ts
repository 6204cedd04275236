/** Commands on task instances beside clearing: marking one or many, and notes on them and on runs. */
import { VortexError } from '#contract/errors.ts'
import type { Affected } from '#contract/dagRun.ts'
import { reachable } from '#domain/graph.ts'
import type { EngineStore } from '#db/store.ts'
import { markInstance } from './commands.ts'
import type { Engine } from './engine.ts'
import type { EngineService } from './engineService.ts'
import { runEvent, taskInstanceEvent } from './liveEventsOf.ts'
import type { ActiveRun, Instance } from './model.ts'
import type { EngineCommands } from './ports.ts'
import { refuseGone, selectedRuns, type CommitCommand } from './selectedRuns.ts'

/** As for one clear: a commit of about 2 s. Beyond it everybody else would wait too long. */
const MARK_MAX = 50_000

export interface TaskCommandsOptions {
  service: EngineService
  store: EngineStore
  commit: CommitCommand
}
type TaskCommands = Pick<EngineCommands, 'taskInstanceMark' | 'tasksMark' | 'runNote' | 'taskInstanceNote'>

export function createTaskCommands({ service, store, commit }: TaskCommandsOptions): TaskCommands {
  return {
    async taskInstanceMark(p) {
      const run = await service.runInMemory(p.dag_id, p.run_id)
      try {
        const instance = instanceOf(run, p)
        return await commit(
          (e) => {
            refuseGone(e, run)
            markInstance(e, instance, p.state, p.actor)
          },
          () => ({ ...instance.record }),
        )
      } finally {
        service.release(run)
      }
    },
    async tasksMark(p) {
      const runs = await selectedRuns(service, store, p)
      try {
        const affected = runs.flatMap((run, at) => selectForMark(run, p, at > 0).map((instance) => inWords(run, instance)))
        if (p.options.dry_run) return { dry_run: true, task_instances: affected }
        if (affected.length > MARK_MAX)
          throw new VortexError('invalid_request', `This would mark ${affected.length} task instances; at most ${MARK_MAX} at once.`)
        const mark = (e: Engine): void => {
          for (const run of runs) refuseGone(e, run)
          runs.forEach((run, at) => {
            for (const instance of selectForMark(run, p, at > 0)) markInstance(e, instance, p.state, p.actor)
          })
        }
        return await commit(mark, () => ({ dry_run: false, task_instances: affected }))
      } finally {
        for (const run of runs) service.release(run)
      }
    },
    async runNote(p) {
      const run = await service.runInMemory(p.dag_id, p.run_id)
      try {
        return await commit(
          (e) => {
            refuseGone(e, run)
            e.pending.changeRun(run.record, { note: p.note })
            noteLedger(e, run, null, p)
            e.publish(runEvent(run.record))
          },
          () => ({ ...run.record }),
        )
      } finally {
        service.release(run)
      }
    },
    async taskInstanceNote(p) {
      const run = await service.runInMemory(p.dag_id, p.run_id)
      try {
        const instance = instanceOf(run, p)
        return await commit(
          (e) => {
            refuseGone(e, run)
            e.pending.changeInstance(instance.record, { note: p.note })
            noteLedger(e, run, instance.record.id, p)
            e.publish(taskInstanceEvent(instance))
          },
          () => ({ ...instance.record }),
        )
      } finally {
        service.release(run)
      }
    },
  }
}

function instanceOf(run: ActiveRun, p: { task_id: string; map_index: number }): Instance {
  const instance = run.instances.find(({ record }) => record.task_id === p.task_id && record.map_index === p.map_index)
  if (instance === undefined) throw new VortexError('not_found', `Run "${run.record.run_id}" has no task instance "${p.task_id}".`)
  return instance
}

/** Instances that would change. In other runs than the one that was named a task may be missing: versions differ. */
function selectForMark(run: ActiveRun, p: Parameters<EngineCommands['tasksMark']>[0], isOther: boolean): Instance[] {
  const { task_ids, map_index, include_upstream, include_downstream } = p.options
  const tasks = new Set<number>()
  for (const task_id of task_ids) {
    const task = run.graph.index.get(task_id)
    if (task !== undefined) tasks.add(task)
    else if (!isOther) throw new VortexError('not_found', `Run "${run.record.run_id}" has no task "${task_id}".`)
  }
  const named = new Set(tasks)
  const upstream = include_upstream ? reachable(run.graph.upstream, named) : []
  const downstream = include_downstream ? reachable(run.graph.downstream, named) : []
  for (const task of [...upstream, ...downstream]) tasks.add(task)
  return run.instances.filter(
    ({ task, record }) =>
      tasks.has(task) &&
      record.state !== p.state &&
      record.state !== 'removed' &&
      (map_index === null || !named.has(task) || record.map_index === map_index),
  )
}

function inWords(run: ActiveRun, { record }: Instance): Affected['task_instances'][number] {
  return { run_id: run.record.run_id, task_id: record.task_id, map_index: record.map_index, state: record.state }
}

function noteLedger(e: Engine, run: ActiveRun, task_instance_id: number | null, p: { note: string | null; actor: string }): void {
  e.ledger({
    kind: task_instance_id === null ? 'dag_run.note' : 'task_instance.note',
    dag_id: run.record.dag_id,
    dag_run_id: run.record.id,
    task_instance_id,
    cause: 'user',
    actor: p.actor,
    message: p.note ?? 'note removed',
  })
}
