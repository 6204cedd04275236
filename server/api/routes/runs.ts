/** DAG runs: list, detail, cancel, clear, retry, mark, delete, history, XComs. */
import { CONF_LISTED_CHARS, type ClearBody, type Cleared } from '#contract/dagRun.ts'
import type { DagRunRecord } from '#db/records.ts'
import { pageOf, pageWith, type Handlers } from '../handlers.ts'
import type { ApiServices } from '../services.ts'
import type { DagReader } from '../dagReader.ts'
import { parseInstant } from '../present/instant.ts'
import { presentLedgerEntry, presentXcom } from '../present/taskInstance.ts'

type RunHandlers = Pick<
  Handlers,
  'listRuns' | 'getRun' | 'deleteRun' | 'cancelRun' | 'clearRun' | 'retryRun' | 'markRun' | 'runXcoms' | 'runEvents'
>

/** Clears, and tells which version of the DAG runs again: a run stays on its own, even if the file was mended since. */
export function createClear({ store, engine }: ApiServices, dags: DagReader) {
  return async (run: DagRunRecord, options: ClearBody, actor: string): Promise<Cleared> => {
    const [{ version }, dag] = await Promise.all([dags.presentOneRun(run), store.dagGet({ dag_id: run.dag_id })])
    const newest_version = dag?.version ?? version
    const affected = await engine.runClear({ dag_id: run.dag_id, run_id: run.run_id, options, actor })
    return { ...affected, version: options.version === 'newest' ? newest_version : version, newest_version }
  }
}

export function runHandlers(services: ApiServices, dags: DagReader): RunHandlers {
  const { store, engine, clock } = services
  /** A range that has not ended yet is one without an end. */
  const endedBefore = (at: number) => (at > clock.now() ? {} : { ended_to: at })
  const clear = createClear(services, dags)
  return {
    async listRuns({ query }, { object: dag }) {
      const request = pageOf(query)
      const { state, run_type, logical_date_from: from, logical_date_to: to, ended_from, ended_to } = query
      const page = await store.dagRunRows({
        ...request,
        conf_chars_max: CONF_LISTED_CHARS,
        dag_id: dag?.dag_id ?? null,
        ...(state === undefined ? {} : { state }),
        ...(run_type === undefined ? {} : { run_type }),
        ...(from === undefined ? {} : { logical_date_from: parseInstant(from, 'logical_date_from') }),
        ...(to === undefined ? {} : { logical_date_to: parseInstant(to, 'logical_date_to') }),
        ...(ended_from === undefined ? {} : { ended_from: parseInstant(ended_from, 'ended_from') }),
        ...(ended_to === undefined ? {} : endedBefore(parseInstant(ended_to, 'ended_to'))),
      })
      return {
        data: await dags.presentRuns(page.data),
        total: page.total,
        limit: request.limit,
        offset: request.offset,
        next_cursor: page.next_cursor,
      }
    },
    getRun: (_, { object: run }) => dags.presentOneRun(run),
    async deleteRun(_, { object: run, principal }) {
      await engine.runDelete({ dag_id: run.dag_id, run_id: run.run_id, actor: principal.username })
      return { message: `Run "${run.run_id}" was deleted.` }
    },
    async cancelRun(_, { object: run, principal }) {
      return dags.presentOneRun(await engine.runCancel({ dag_id: run.dag_id, run_id: run.run_id, actor: principal.username }))
    },
    clearRun: ({ body }, { object: run, principal }) => clear(run, body, principal.username),
    retryRun: (_, { object: run, principal }) => clear(run, { only_failed: true, include_downstream: true }, principal.username),
    async markRun({ body }, { object: run, principal }) {
      return dags.presentOneRun(
        await engine.runMark({ dag_id: run.dag_id, run_id: run.run_id, state: body.state, actor: principal.username }),
      )
    },
    async runXcoms({ query }, { object: run }) {
      const request = pageOf(query)
      return pageWith(await store.xcomList({ ...request, dag_run_id: run.id }), request, (xcom) => presentXcom(run, xcom))
    },
    async runEvents({ query }, { object: run }) {
      const request = pageOf(query)
      const { task_id, to_state, run_only = false } = query
      const page = await store.ledgerList({
        ...request,
        dag_run_id: run.id,
        run_only,
        ...(task_id === undefined ? {} : { task_id }),
        ...(to_state === undefined ? {} : { to_state }),
      })
      return pageWith(page, request, presentLedgerEntry)
    },
  }
}
