/**
 * Every read operation of the API on a seeded server, over HTTP: p50 and p99 of many calls, one after the other, each for another
 * object where there are many. New operations are measured as they appear in the operation table.
 */
import { routes } from '../../server/contract/routes.ts'
import type { Dag } from '../../server/contract/dag.ts'
import type { DagRun } from '../../server/contract/dagRun.ts'
import type { TaskInstance } from '../../server/contract/taskInstance.ts'
import { cpuSeconds } from '../harness/processes.ts'
import type { Figure } from '../harness/row.ts'
import type { Server } from '../harness/server.ts'
import { percentile, show } from '../harness/statistics.ts'
import { LARGE_DAG } from '../seed/dagFiles.ts'

const CALLS = 100
const GOAL_MS = 50
/** The busiest page sizes, the filters that indexes must serve, and the second object sizes of one operation. */
const VARIANTS: Readonly<Record<string, readonly string[]>> = {
  listDags: [
    'limit=100',
    'limit=100&offset=1900',
    'search=ingest_01',
    'tag=critical',
    'last_run_state=failed',
    'owner=finance&paused=false',
    'sort=last_run',
  ],
  listRuns: ['limit=100', 'state=failed'],
  listTaskInstances: ['limit=100', 'limit=1000'],
  dagFacets: [''],
  search: ['q=orders', 'q=merge', 'q=scheduled__2026'],
  getTimeline: [
    `from=${encodeURIComponent(new Date(Date.now() - 86_400_000).toISOString())}&to=${encodeURIComponent(new Date().toISOString())}&limit=50`,
  ],
}
/** Needs what a seeded server does not have, or is a stream. */
const LEFT_OUT = new Set(['getXcom', 'backfillProgress', 'backfillRuns', 'getVariable', 'getVariableUses', 'getLogById', 'ready'])

interface Sample {
  dag_id: string
  run: DagRun
  task: TaskInstance
}

/** Objects to ask for: ordinary ones, and last the large DAG's. */
async function samples(server: Server): Promise<{ ordinary: Sample[]; large: Sample }> {
  const sampleOf = async (dag_id: string): Promise<Sample> => {
    const runs = await server.call<{ data: DagRun[] }>('GET', `/api/dags/${dag_id}/runs?limit=1`)
    const [run] = runs.data
    if (run === undefined) throw new Error(`${dag_id} has no run`)
    const tasks = await server.call<{ data: TaskInstance[] }>(
      'GET',
      `/api/dags/${dag_id}/runs/${encodeURIComponent(run.run_id)}/tasks?limit=20`,
    )
    const task = tasks.data.find(({ try_number }) => try_number > 0) ?? tasks.data[0]
    if (task === undefined) throw new Error(`${run.run_id} of ${dag_id} has no task`)
    return { dag_id, run, task }
  }
  const { data } = await server.call<{ data: Dag[] }>('GET', '/api/dags?limit=100&search=orders')
  return { ordinary: await Promise.all(data.slice(0, 50).map(({ id }) => sampleOf(id))), large: await sampleOf(LARGE_DAG) }
}

function pathOf(template: string, { dag_id, run, task }: Sample): string {
  const values: Record<string, string> = {
    dag_id,
    run_id: run.run_id,
    task_id: task.task_id,
    ti_id: String(task.id),
    version: '1',
    name: 'default_pool',
    worker_id: 'worker-1',
    id: String(task.id),
  }
  return template.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(values[name] ?? 'none'))
}

const QUERIES: Readonly<Record<string, string>> = {
  getDagFile: 'path=many_000.py',
  previewSchedule: 'schedule=@daily',
  searchLog: 'q=rows',
  dagCalendar: `from=${new Date(Date.now() - 180 * 86_400_000).toISOString().slice(0, 10)}&days=180`,
  getLog: 'limit=65536',
}

export async function measureApi(server: Server, only: string | null): Promise<Figure[]> {
  const { ordinary, large } = await samples(server)
  const figures: Figure[] = []
  for (const [operation, { method, path }] of Object.entries(routes)) {
    if (method !== 'GET' || LEFT_OUT.has(operation) || !(only === null || only.split(',').includes(operation))) continue
    for (const query of VARIANTS[operation] ?? [QUERIES[operation] ?? '']) {
      const suffix = query === '' ? '' : `?${query}`
      const name = `${operation}${suffix}`
      figures.push(await figureOf(server, name, (i) => pathOf(path, ordinary[i % ordinary.length] ?? large) + suffix))
      if (path.includes(':dag_id')) figures.push(await figureOf(server, `${name} of the large DAG`, () => pathOf(path, large) + suffix))
    }
  }
  return figures
}

async function figureOf(server: Server, name: string, path: (i: number) => string): Promise<Figure> {
  const times: number[] = []
  const what = `API: ${name}`
  let cpu = 0
  try {
    await server.call('GET', path(0))
    cpu = cpuSeconds([server.pid])
    for (let i = 1; i <= CALLS; i += 1) {
      const began = performance.now()
      await server.call('GET', path(i))
      times.push(performance.now() - began)
      // Ten slow answers say enough.
      if (i >= 10 && percentile(times, 0.5) > 10 * GOAL_MS) break
    }
  } catch (error) {
    const note = error instanceof Error ? error.message.slice(0, 120) : String(error)
    return { what, figure: 'no answer', goal: '', ratio: null, is_met: false, note }
  }
  const p99 = percentile(times, 0.99)
  const cpu_ms = ((cpuSeconds([server.pid]) - cpu) / times.length) * 1_000
  return {
    what,
    figure: `p50 ${show(percentile(times, 0.5), 'ms')}, p99 ${show(p99, 'ms')}`,
    goal: `p99 <= ${GOAL_MS} ms`,
    ratio: null,
    is_met: p99 <= GOAL_MS,
    // On a busy machine this says more than the times: what the server itself did for one call.
    note: `${times.length} calls, ${show(cpu_ms, 'ms')} of processor time each`,
  }
}
