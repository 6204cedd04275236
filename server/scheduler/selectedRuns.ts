/** The runs that a command over several of them acts on, in memory for its length; whoever takes them lets go of them. */
import { VortexError } from '#contract/errors.ts'
import type { EngineStore } from '#db/store.ts'
import type { Engine } from './engine.ts'
import type { EngineService } from './engineService.ts'
import type { ActiveRun } from './model.ts'

/** A command over past and future runs touches at most this many. */
const RUNS_MAX = 1000

export interface RunSelection {
  dag_id: string
  run_id: string
  options: { include_past?: boolean; include_future?: boolean }
}

/** The run itself first. */
export async function selectedRuns(service: EngineService, store: EngineStore, p: RunSelection): Promise<ActiveRun[]> {
  const runs = [await service.runInMemory(p.dag_id, p.run_id)]
  try {
    const date = runs[0]?.record.logical_date ?? null
    const { include_past, include_future } = p.options
    if (date === null || (include_past !== true && include_future !== true)) return runs
    const rows = await store.dagRunsByLogicalDate({
      dag_id: p.dag_id,
      from: include_past === true ? 0 : date,
      to: include_future === true ? Number.MAX_SAFE_INTEGER : date,
    })
    const others = rows.filter(({ run_id }) => run_id !== p.run_id)
    if (others.length >= RUNS_MAX)
      throw new VortexError('invalid_request', `This would change ${others.length + 1} runs; at most ${RUNS_MAX} at once.`)
    for (const { run_id } of others) runs.push(await service.runInMemory(p.dag_id, run_id))
    return runs
  } catch (error) {
    for (const run of runs) service.release(run)
    throw error
  }
}

/** A command waited between its read and its step: the run may be deleted, or a new term have begun. */
export function refuseGone(e: Engine, run: ActiveRun): void {
  if (run.isDeleted) throw new VortexError('not_found', `Run "${run.record.run_id}" is deleted.`)
  if (e.runs.get(run.record.id) !== run)
    throw new VortexError('not_leader', 'The scheduler has started again; nothing was changed. Try again.')
}

/** A step, and what its caller is told of its result. */
export type CommitCommand = <T, R>(work: (e: Engine) => T, present: (result: T) => R) => Promise<R>
