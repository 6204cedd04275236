/**
 * One action on many DAGs. Each DAG is decided and done by itself, as the action on it alone would be: what cannot be done to one of
 * them is told with its name and stops no other.
 */
import { BULK_DAGS_MAX, type BulkAction, type BulkAnswer, type BulkItem } from '#contract/dagList.ts'
import { VortexError } from '#contract/errors.ts'
import type { DagRecord, DagRunRecord } from '#db/records.ts'
import { dagFilterOf } from '../dagFilter.ts'
import type { DagReader } from '../dagReader.ts'
import type { Handlers } from '../handlers.ts'
import type { ParamsCheck } from '../params.ts'
import { outlookOf, presentOutlook } from '../scheduleOutlook.ts'
import type { ApiServices } from '../services.ts'

/** DAGs that a dry run lists; the answer is a megabyte then. */
const LISTED_MAX = 10_000
/** Commands under way at once: enough to share the engine's commits, few enough that others come between. */
const AT_ONCE = 16
/** DAGs that a dry run looks at closely: each reads a version, or works out what is due. What lies beyond is checked when it is done. */
const PARAMS_CHECKED_MAX = 200

/** Runs that one DAG's line names. */
const STARTS_NAMED = 3
const runs = (count: number): string => `${count} run${count === 1 ? '' : 's'}`

/** What is to be done to one DAG: nothing (told why), or a run of the action. */
type Decision = Omit<BulkItem, 'dag_id'>

export function bulkHandlers(services: ApiServices, dags: DagReader, checkParams: ParamsCheck): Pick<Handlers, 'bulkDags'> {
  const { store, engine, leader, clock } = services

  async function named(p: { dag_ids?: string[]; filter: ReturnType<typeof dagFilterOf>; max: number }): Promise<DagRecord[]> {
    const filter = p.dag_ids === undefined ? p.filter : { dag_ids: p.dag_ids, include_stale: true }
    const found: DagRecord[] = []
    let cursor: string | undefined
    do {
      const page = await store.dagList({ ...filter, limit: BULK_DAGS_MAX, offset: 0, cursor })
      found.push(...page.data)
      if (page.total > p.max) throw tooMany(page.total, p.max)
      cursor = page.next_cursor ?? undefined
    } while (cursor !== undefined)
    return found
  }

  /** The runs that unpausing it starts, as the switch of one DAG names them. */
  async function startedBy(dag: DagRecord): Promise<string | null> {
    const schedule = await leader.dagSchedule({ dag_id: dag.dag_id })
    if (schedule === null || schedule.is_stale) return null
    const { held_runs } = schedule
    const told = held_runs === 0 ? [] : [`${runs(held_runs)} that the pause holds back ${held_runs === 1 ? 'goes' : 'go'} on.`]
    const now = clock.now()
    const { starts, starts_count, waiting_count, has_more } = presentOutlook(await outlookOf(schedule, now), { ...schedule, now })
    if (starts_count > 0) {
      const named = starts.slice(0, STARTS_NAMED).map(({ run_id }) => run_id)
      const rest = starts_count - named.length
      told.push(
        `${runs(starts_count)} ${starts_count === 1 ? 'starts' : 'start'} at once: ${named.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}.`,
      )
    }
    if (waiting_count > 0) told.push(`${waiting_count}${has_more ? ' or more' : ''} are due after these.`)
    return told.length === 0 ? null : told.join(' ')
  }

  async function decide(action: BulkAction, dag: DagRecord, run: DagRunRecord | undefined, checks: boolean): Promise<Decision> {
    const answer = (outcome: BulkItem['outcome'], message: string | null = null): Decision => ({ outcome, message, run_id: null })
    switch (action) {
      case 'pause':
        return dag.is_paused ? answer('unchanged', 'It is paused already.') : answer('done')
      case 'unpause': {
        if (!dag.is_paused) return answer('unchanged', 'It is active already.')
        return answer('done', checks ? await startedBy(dag) : null)
      }
      case 'trigger':
        if (dag.is_stale) return answer('refused', 'Its file no longer defines it.')
        if (checks) await checkParams(await dags.version(dag.dag_version_id), {})
        return answer('done', dag.is_paused ? 'It is paused: the run waits until it is active.' : null)
      case 'clear_failed': {
        const failed = (run?.task_counts.failed ?? 0) + (run?.task_counts.upstream_failed ?? 0)
        if (run === undefined) return answer('unchanged', 'It has no run.')
        if (failed === 0) return answer('unchanged', `Nothing failed in its newest run, ${run.run_id}.`)
        return {
          outcome: 'done',
          message: `${failed} failed task instance${failed === 1 ? '' : 's'} of its newest run.`,
          run_id: run.run_id,
        }
      }
    }
  }

  async function carryOut(action: BulkAction, dag: DagRecord, run: DagRunRecord | undefined, actor: string): Promise<Partial<Decision>> {
    const { dag_id } = dag
    if (action === 'trigger') {
      const started = await engine.dagTrigger({ dag_id, conf: {}, logical_date: null, run_id: null, note: null, actor })
      return { run_id: started.run_id }
    }
    if (action === 'clear_failed') {
      const options = { only_failed: true, include_downstream: true }
      const { task_instances } = await engine.runClear({ dag_id, run_id: run?.run_id ?? '', options, actor })
      return { message: `${task_instances.length} task instance${task_instances.length === 1 ? '' : 's'} will run again.` }
    }
    await engine.dagSetPaused({ dag_id, paused: action === 'pause', actor })
    return {}
  }

  return {
    async bulkDags({ body }, { principal: { username } }): Promise<BulkAnswer> {
      const { action, dag_ids, filter = {}, dry_run = false } = body
      if (dag_ids === undefined && body.filter === undefined)
        throw new VortexError('invalid_request', 'Say which DAGs: give dag_ids, or a filter ({} = all).')
      const max = dry_run ? LISTED_MAX : BULK_DAGS_MAX
      const found = await named({ ...(dag_ids ? { dag_ids } : {}), filter: dagFilterOf(filter, username), max })
      const data: BulkItem[] = unknownOf(dag_ids, found)
      for (let at = 0; at < found.length; at += BULK_DAGS_MAX) {
        const some = found.slice(at, at + BULK_DAGS_MAX)
        const newest =
          action === 'clear_failed' ? await store.dagRecentRuns({ dag_ids: some.map(({ dag_id }) => dag_id), limit: 1 }) : new Map()
        const checks = !dry_run || found.length <= PARAMS_CHECKED_MAX
        const items = await eachAtOnce(some, async (dag): Promise<BulkItem> => {
          const { dag_id } = dag
          const run = (newest.get(dag_id) as DagRunRecord[] | undefined)?.[0]
          try {
            const decision = await decide(action, dag, run, checks)
            if (dry_run || decision.outcome !== 'done') return { dag_id, ...decision }
            return { dag_id, ...decision, ...(await carryOut(action, dag, run, username)) }
          } catch (error) {
            if (!(error instanceof VortexError) || error.code === 'internal') throw error
            return { dag_id, outcome: 'refused', message: error.message, run_id: null }
          }
        })
        data.push(...items)
      }
      const count = (outcome: BulkItem['outcome']) => data.filter((item) => item.outcome === outcome).length
      return { dry_run, matched: data.length, done: count('done'), unchanged: count('unchanged'), refused: count('refused'), data }
    },
  }
}

function tooMany(total: number, max: number): VortexError {
  return new VortexError(
    'invalid_request',
    `The filter names ${total} DAGs; one call changes at most ${max}. List them with dry_run, then send their dag_ids in parts of ${max}.`,
    { matched: total, max },
  )
}

/** Ids that name no DAG. */
function unknownOf(dag_ids: string[] | undefined, found: readonly DagRecord[]): BulkItem[] {
  const known = new Set(found.map(({ dag_id }) => dag_id))
  return [...new Set(dag_ids ?? [])]
    .filter((dag_id) => !known.has(dag_id))
    .map((dag_id) => ({ dag_id, outcome: 'refused', message: 'There is no such DAG.', run_id: null }))
}

async function eachAtOnce<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at] as T)
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker))
  return results
}
