/** DAGs: list, detail, graph, source, versions, pause, trigger, retry, next runs, import errors. */
import { VortexError } from '#contract/errors.ts'
import { pageOf, pageWith, type Handlers } from '../handlers.ts'
import type { ApiServices } from '../services.ts'
import type { DagReader } from '../dagReader.ts'
import type { ParamsCheck } from '../params.ts'
import { dagFilterOf } from '../dagFilter.ts'
import { NO_SURROUNDINGS, presentDag, presentDagDetail, presentDagTasks, presentImportError, presentVersion } from '../present/dag.ts'
import { iso, parseInstant } from '../present/instant.ts'

/** What a person can choose from; more are found by typing. */
const FACETS_MAX = 500

type DagHandlers = Pick<
  Handlers,
  | 'listDags'
  | 'dagFacets'
  | 'getDag'
  | 'deleteDag'
  | 'getDagTasks'
  | 'getDagSource'
  | 'pauseDag'
  | 'unpauseDag'
  | 'triggerDag'
  | 'retryDag'
  | 'nextRuns'
  | 'listVersions'
  | 'getVersionSource'
  | 'listImportErrors'
>

export function dagHandlers({ store, engine, leader, dagFiles }: ApiServices, dags: DagReader, checkParams: ParamsCheck): DagHandlers {
  return {
    async listDags({ query }, { principal }) {
      const { sort = 'id', descending = false } = query
      const page = await store.dagList({ ...pageOf(query), ...dagFilterOf(query, principal.username), sort, descending })
      const around = await dags.surroundings(page.data, principal.username)
      return pageWith(page, pageOf(query), (dag) => presentDag(dag, around.get(dag.dag_id) ?? NO_SURROUNDINGS))
    },
    async dagFacets() {
      const { tags, owners } = await store.dagFacets({ limit: FACETS_MAX })
      const present = ({ value, n }: { value: string; n: number }) => ({ value, count: n })
      return { tags: tags.map(present), owners: owners.map(present) }
    },
    async getDag(_, { object: dag, principal }) {
      const [around, version] = await Promise.all([dags.surroundingsOf(dag, principal.username), dags.version(dag.dag_version_id)])
      return presentDagDetail(dag, around, version)
    },
    async deleteDag(_, { object: dag, principal }) {
      await engine.dagDelete({ dag_id: dag.dag_id, actor: principal.username })
      const files = await dagFiles.dagDeleted(dag.dag_id)
      const again = files.length === 0 ? '' : ` Its file ${files.join(', ')} still defines it; it will appear again, without history.`
      return { message: `DAG "${dag.dag_id}" was deleted with its history.${again}` }
    },
    async getDagTasks({ query }, { object: dag, principal }) {
      const version = query.version === undefined ? await dags.version(dag.dag_version_id) : await dags.versionOf(dag, query.version)
      return presentDagTasks(presentDag(dag, await dags.surroundingsOf(dag, principal.username)), version)
    },
    getDagSource: async (_, { object: dag }) => dags.source(await dags.version(dag.dag_version_id)),
    async pauseDag(_, { object: dag, principal }) {
      await engine.dagSetPaused({ dag_id: dag.dag_id, paused: true, actor: principal.username })
      return { message: `DAG "${dag.dag_id}" is paused.` }
    },
    async unpauseDag(_, { object: dag, principal }) {
      await engine.dagSetPaused({ dag_id: dag.dag_id, paused: false, actor: principal.username })
      return { message: `DAG "${dag.dag_id}" is active.` }
    },
    async triggerDag({ body }, { object: dag, principal }) {
      const conf = body.conf ?? {}
      await checkParams(await dags.version(dag.dag_version_id), conf)
      const given = body.logical_date
      const logical_date = given === undefined ? null : given === null ? ('none' as const) : parseInstant(given, 'logical_date')
      const run = await engine.dagTrigger({
        dag_id: dag.dag_id,
        conf,
        logical_date,
        run_id: body.run_id ?? null,
        note: body.note ?? null,
        actor: principal.username,
      })
      return dags.presentOneRun(run)
    },
    async retryDag(_, { object: dag, principal }) {
      const [run] = (await store.dagRunList({ dag_id: dag.dag_id, limit: 1, offset: 0 })).data
      if (run === undefined) throw new VortexError('not_found', `DAG "${dag.dag_id}" has no run yet. Trigger it first.`)
      const options = { only_failed: true, include_downstream: true }
      const affected = await engine.runClear({ dag_id: dag.dag_id, run_id: run.run_id, options, actor: principal.username })
      return { message: `${affected.task_instances.length} task instances of run "${run.run_id}" run again.` }
    },
    async nextRuns({ query }, { object: dag }) {
      const runs = await leader.nextRuns({ dag_id: dag.dag_id, count: query.count ?? 10 })
      return {
        data: runs.map((run) => ({
          run_after: iso(run.run_after),
          logical_date: iso(run.logical_date),
          data_interval_start: iso(run.data_interval_start),
          data_interval_end: iso(run.data_interval_end),
        })),
      }
    },
    async listVersions({ query }, { object: dag }) {
      const page = await store.dagVersionList({ ...pageOf(query), dag_id: dag.dag_id })
      return { dag_id: dag.dag_id, versions: page.data.map(presentVersion), total: page.total }
    },
    getVersionSource: async ({ params }, { object: dag }) => dags.source(await dags.versionOf(dag, params.version)),
    async listImportErrors({ query }) {
      const request = pageOf(query)
      const { search } = query
      return pageWith(
        await store.dagFileErrorList({ ...request, ...(search === undefined ? {} : { search }) }),
        request,
        presentImportError,
      )
    },
  }
}
