/** Task instances: list, detail, clear, mark, attempts, logs, why-not-running, XComs, history. */
import { VortexError } from '#contract/errors.ts'
import { isFinished } from '#contract/states.ts'
import type { Why } from '#contract/taskInstance.ts'
import type { DagRunRecord, TaskInstanceRecord, XComRecord } from '#db/records.ts'
import { LOG_TAIL_BYTES } from '#runtime/limits.ts'
import { pageOf, pageWith, type Handlers } from '../handlers.ts'
import type { ApiServices } from '../services.ts'
import type { DagReader } from '../dagReader.ts'
import { readLog } from '../logs.ts'
import { createClear } from './runs.ts'
import { isEndedByRule, whyEnded } from '../whyEnded.ts'
import { presentAttempt, presentLedgerEntry, presentTaskInstance, presentXcom } from '../present/taskInstance.ts'

type TaskHandlers = Pick<
  Handlers,
  | 'listTaskInstances'
  | 'getTaskInstance'
  | 'clearTaskInstance'
  | 'markTaskInstance'
  | 'listAttempts'
  | 'getLog'
  | 'getLogById'
  | 'whyNotRunning'
  | 'getXcom'
  | 'listXcoms'
  | 'taskEvents'
>

/** Entries of lists that have no pages: a task instance has few attempts, XComs and changes. */
const WHOLE_LIST = { limit: 500, offset: 0 }

/** The contract's largest run; of a larger one the first so many are looked through. */
const INSTANCES_READ = 10_000

export function taskHandlers(services: ApiServices, dags: DagReader): TaskHandlers {
  const { store, engine, leader } = services
  const clear = createClear(services, dags)
  async function whyItEnded(run: DagRunRecord, task_instance: TaskInstanceRecord): Promise<Why> {
    if (!isEndedByRule(task_instance)) return whyEnded({ task_instance, spec: null, others: [] })
    const [{ spec }, others] = await Promise.all([
      dags.version(run.dag_version_id),
      store.taskInstanceList({ dag_run_id: run.id, limit: INSTANCES_READ, offset: 0 }),
    ])
    return whyEnded({ task_instance, spec, others: others.data })
  }
  return {
    async listTaskInstances({ query }, { object: run }) {
      const request = pageOf(query, 500)
      const page = await store.taskInstanceList({
        ...request,
        dag_run_id: run.id,
        ...(query.state === undefined ? {} : { state: query.state }),
        ...(query.task_id === undefined ? {} : { task_id: query.task_id }),
      })
      return pageWith(page, request, (instance) => presentTaskInstance(run, instance))
    },
    getTaskInstance: async (_, { object: { run, task_instance } }) => presentTaskInstance(run, task_instance),
    clearTaskInstance: ({ params, body }, { object: run, principal }) =>
      clear(run, { ...body, task_ids: [params.task_id] }, principal.username),
    async markTaskInstance({ body }, { object: { run, task_instance }, principal }) {
      const { task_id, map_index } = task_instance
      const marked = await engine.taskInstanceMark({
        dag_id: run.dag_id,
        run_id: run.run_id,
        task_id,
        map_index,
        state: body.state,
        actor: principal.username,
      })
      return presentTaskInstance(run, marked)
    },
    async listAttempts(_, { object: { task_instance } }) {
      return { data: (await store.attemptList({ task_instance_id: task_instance.id })).map(presentAttempt) }
    },
    getLog: ({ query }, { object: { task_instance } }) =>
      readLog(store, {
        task_instance,
        attempt: query.attempt ?? task_instance.try_number,
        offset: query.offset ?? 0,
        limit: query.limit ?? LOG_TAIL_BYTES,
      }),
    async getLogById(_, { object: { task_instance } }) {
      const page = await readLog(store, {
        task_instance,
        attempt: task_instance.try_number,
        offset: -LOG_TAIL_BYTES,
        limit: LOG_TAIL_BYTES,
      })
      return { stdout: page.text, stderr: '' }
    },
    async whyNotRunning(_, { object: { run, task_instance } }) {
      const { task_id, map_index, state } = task_instance
      if (isFinished(state)) return whyItEnded(run, task_instance)
      const why = await leader.why({ dag_id: run.dag_id, run_id: run.run_id, task_id, map_index })
      if (why !== null) return why
      throw new VortexError('not_leader', 'Only the leading controller knows what holds a task back. Ask again in a few seconds.')
    },
    async getXcom({ params }, { object: { run, task_instance } }) {
      const { task_id, map_index } = task_instance
      const xcom = await store.xcomGet({ dag_run_id: run.id, task_id, map_index, key: params.key })
      if (xcom === null) throw new VortexError('not_found', `Task "${task_id}" pushed no XCom "${params.key}" in run "${run.run_id}".`)
      return { ...presentXcom(run, xcom), value: JSON.parse(xcom.value) as unknown }
    },
    async listXcoms(_, { object: { run, task_instance } }) {
      const { task_id, map_index } = task_instance
      const page = await store.xcomList({ ...WHOLE_LIST, dag_run_id: run.id, task_id, map_index })
      return { data: page.data.map((xcom: Omit<XComRecord, 'value'>) => presentXcom(run, xcom)) }
    },
    async taskEvents(_, { object: { task_instance } }) {
      return { data: (await store.ledgerList({ ...WHOLE_LIST, task_instance_id: task_instance.id })).data.map(presentLedgerEntry) }
    },
  }
}
