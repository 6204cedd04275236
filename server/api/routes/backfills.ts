/** Backfills: plan, start, list, progress, pause, resume, cancel. */
import type { TimetableSpec } from '#contract/dagSpec.ts'
import { VortexError } from '#contract/errors.ts'
import { knownSpan } from '#domain/schedule/computedTimetable.ts'
import { pageOf, pageWith, type Handlers } from '../handlers.ts'
import type { ApiServices } from '../services.ts'
import type { DagReader } from '../dagReader.ts'
import type { ParamsCheck } from '../params.ts'
import { presentBackfill } from '../present/dagRun.ts'
import { iso, parseInstant } from '../present/instant.ts'

/** Timetables that give no dates of their own. */
const NO_DATES: ReadonlySet<string> = new Set(['null', 'continuous'])

/** What to say of dates that an author's own timetable has not been asked about. Throws if they are all of that kind. */
function unknownDates(dag_id: string, timetable: TimetableSpec, start: number, end: number): string | null {
  const span = knownSpan(timetable)
  if (span === null) return null
  const until = span.until ?? Infinity
  const known = `The runs of DAG "${dag_id}" are known from ${iso(span.from)}${span.until === null ? '' : ` until ${iso(span.until)}`}`
  const why = 'its timetable is a class of its file, which is asked when the file is parsed'
  if (end < span.from || start > until)
    throw new VortexError('invalid_request', `${known}: ${why}. Take dates in that range, or trigger single runs with their logical date.`)
  return start < span.from || end > until ? `${known}; dates outside are left out: ${why}.` : null
}

type BackfillHandlers = Pick<Handlers, 'createBackfill' | 'listBackfills' | 'backfillProgress' | 'setBackfillState'>

export function backfillHandlers({ store, engine }: ApiServices, dags: DagReader, checkParams: ParamsCheck): BackfillHandlers {
  return {
    async createBackfill({ body }, { object: dag, principal }) {
      const start_date = parseInstant(body.start_date, 'start_date')
      const end_date = parseInstant(body.end_date, 'end_date')
      if (end_date < start_date) throw new VortexError('invalid_request', 'end_date is before start_date.', { field: 'end_date' })
      const { max_active_runs = 10, reprocess = 'none', run_backwards = false, conf = {}, dry_run = false } = body
      const version = await dags.version(dag.dag_version_id)
      if (NO_DATES.has(version.spec.timetable.type))
        throw new VortexError(
          'invalid_request',
          `DAG "${dag.dag_id}" has no schedule, so a range of dates holds no runs of it. Trigger it, with a logical date if it needs one.`,
        )
      await checkParams(version, conf)
      const left_out = unknownDates(dag.dag_id, version.spec.timetable, start_date, end_date)
      const { backfill, intervals } = await engine.backfillCreate({
        dag_id: dag.dag_id,
        start_date,
        end_date,
        max_active_runs,
        reprocess,
        run_backwards,
        conf,
        dry_run,
        actor: principal.username,
      })
      const intervals_queued = intervals.filter((interval) => interval.action !== 'skip').length
      const message = dry_run ? `${intervals_queued} runs would start.` : `${intervals_queued} runs are queued.`
      return {
        message,
        left_out,
        backfill: backfill === null ? null : presentBackfill({ ...backfill, runs_failed: 0 }),
        intervals,
        intervals_queued,
      }
    },
    async listBackfills({ query }, { object: dag }) {
      const request = pageOf(query)
      return pageWith(await store.backfillList({ ...request, dag_id: dag.dag_id }), request, presentBackfill)
    },
    async backfillProgress(_, { object: dag }) {
      const [newest] = (await store.backfillList({ dag_id: dag.dag_id, limit: 1, offset: 0 })).data
      const backfill = newest ? presentBackfill(newest) : null
      return { dag_id: dag.dag_id, progress: backfill?.progress ?? 0, backfill }
    },
    async setBackfillState({ params }, { object: dag, principal }) {
      const changed = await engine.backfillSetState({
        dag_id: dag.dag_id,
        backfill_id: params.backfill_id,
        action: params.action,
        actor: principal.username,
      })
      return presentBackfill((await store.backfillGet({ id: changed.id })) ?? { ...changed, runs_failed: 0 })
    },
  }
}
