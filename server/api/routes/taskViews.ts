/** What the pages of a run and of a task instance show beside the objects: log index and search, rendered fields, notes, marking many. */
import { VortexError } from '#contract/errors.ts'
import type { TaskSpec } from '#contract/dagSpec.ts'
import type { RenderedFields } from '#contract/taskViews.ts'
import type { DagRunRecord, RenderedField, RenderedRecord } from '#db/records.ts'
import type { DagReader } from '../dagReader.ts'
import type { Handlers } from '../handlers.ts'
import { LogScanner } from '../logScan.ts'
import { isoOrNull } from '../present/instant.ts'
import { presentTaskInstance } from '../present/taskInstance.ts'
import type { ApiServices } from '../services.ts'

type TaskViewHandlers = Pick<
  Handlers,
  'getLogIndex' | 'searchLog' | 'getRendered' | 'setTaskNote' | 'setRunNote' | 'markTaskInstances' | 'getRunContext'
>

/** Runs that the median is of: enough to be steady, few enough to follow a change of the DAG. */
const MEDIAN_RUNS = 25

export function taskViewHandlers({ store, engine }: ApiServices, dags: DagReader): TaskViewHandlers {
  const logs = new LogScanner(store)
  return {
    getLogIndex: ({ query }, { object: { task_instance } }) =>
      logs.index({ task_instance_id: task_instance.id, attempt: query.attempt ?? task_instance.try_number }, query.from ?? 0),
    async searchLog({ query }, { object: { task_instance } }) {
      const { q = '', level = 'debug', offset = 0, line = 0, level_before = 'info', limit = 1000 } = query
      if (q === '' && level === 'debug')
        throw new VortexError('invalid_request', 'Give `q`, or a `level` above debug: everything would match.')
      const name = { task_instance_id: task_instance.id, attempt: query.attempt ?? task_instance.try_number }
      return logs.search(name, { q, level, offset, line, level_before, limit })
    },
    async getRendered({ query }, { object: { run, task_instance } }) {
      const attempt = query.attempt ?? task_instance.try_number
      const [{ spec }, stored] = await Promise.all([
        dags.version(run.dag_version_id),
        store.renderedGet({ task_instance_id: task_instance.id, attempt }),
      ])
      return presentRendered(
        attempt,
        spec.tasks.find(({ task_id }) => task_id === task_instance.task_id),
        stored,
      )
    },
    async setTaskNote({ body }, { object: { run, task_instance }, principal }) {
      const { task_id, map_index } = task_instance
      const names = { dag_id: run.dag_id, run_id: run.run_id, task_id, map_index }
      return presentTaskInstance(run, await engine.taskInstanceNote({ ...names, note: noteOf(body.note), actor: principal.username }))
    },
    async setRunNote({ body }, { object: run, principal }) {
      const { dag_id, run_id } = run
      return dags.presentOneRun(await engine.runNote({ dag_id, run_id, note: noteOf(body.note), actor: principal.username }))
    },
    markTaskInstances: ({ body }, { object: run, principal }) =>
      engine.tasksMark({
        dag_id: run.dag_id,
        run_id: run.run_id,
        state: body.state,
        options: {
          task_ids: body.task_ids,
          map_index: body.task_ids.length === 1 ? (body.map_index ?? null) : null,
          include_upstream: body.include_upstream === true,
          include_downstream: body.include_downstream === true,
          include_past: body.include_past === true,
          include_future: body.include_future === true,
          dry_run: body.dry_run === true,
        },
        actor: principal.username,
      }),
    async getRunContext(_, { object: run }) {
      const { dag_id, id, run_after } = run
      const { previous, next, successes } = await store.dagRunSurroundings({ dag_id, id, run_after, successes: MEDIAN_RUNS })
      const durations = successes.flatMap(({ start_time, end_time }) =>
        start_time === null || end_time === null ? [] : [end_time - start_time],
      )
      return {
        previous: presentBeside(previous),
        next: presentBeside(next),
        median_duration_ms: median(durations),
        median_runs: durations.length,
      }
    },
  }
}

function presentBeside(run: DagRunRecord | null) {
  return run === null ? null : { run_id: run.run_id, state: run.state, logical_date: isoOrNull(run.logical_date) }
}

export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle]
  if (upper === undefined) return null
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2
}

/** Blanks alone are no note. */
const noteOf = (note: string | null): string | null => (note === null || note.trim() === '' ? null : note)

const TEMPLATE = /\{\{|\{%|\{#/

function presentRendered(attempt: number, task: TaskSpec | undefined, stored: RenderedRecord | null): RenderedFields {
  const raw = Object.entries(task?.template_fields ?? {})
  const rendered = new Map(stored === null ? [] : (JSON.parse(stored.fields) as RenderedField[]).map((field) => [field.name, field]))
  // A field that this version of the DAG does not have any more is shown by what the attempt had.
  const names = [...new Set([...raw.map(([name]) => name), ...rendered.keys()])]
  const values = new Map(raw)
  return {
    attempt,
    has_templates: stored !== null || (task?.kind === 'python' && TEMPLATE.test(JSON.stringify(task.template_fields))),
    is_rendered: stored !== null,
    fields: names.map((name) => ({
      name,
      raw: values.get(name) ?? null,
      rendered: rendered.get(name)?.value ?? null,
      is_cut: rendered.get(name)?.is_cut ?? false,
    })),
  }
}
