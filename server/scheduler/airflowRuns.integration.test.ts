/**
 * Runs the DAGs of python/tests/airflow_reference/dags on a real server and compares the states of the runs and of all task instances,
 * and all XComs, with what Airflow's own `dag.test()` made of the same files (record_runs.py there). What differs is in
 * differences.json with its reason, and nothing else may.
 */
import { copyFileSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ControllerProcess } from '../faults/harness/controllerProcess.ts'

const FOLDER = resolve(import.meta.dirname, '../../python/tests/airflow_reference')
const FILES = ['setup']
const LIMIT_MS = 110_000

interface RunResult {
  dag_id: string
  state: string
  tasks: Record<string, string>
  xcoms: Record<string, Record<string, unknown>>
}
interface Difference {
  dag_id: string
  what: string
  vortex: unknown
  airflow: unknown
  reason: string
}

const read = (name: string): string => readFileSync(join(FOLDER, name), 'utf8')
const environment = JSON.parse(read('environment.json')) as {
  environment: Record<string, string>
  logical_dates: string[]
  conf: Record<string, unknown>
}
const explained = JSON.parse(read('differences.json')) as Difference[]
const recorded = FILES.map((file) => ({
  file,
  runs: read(`${file}_runs.jsonl`)
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => JSON.parse(line) as RunResult),
}))
const runs = recorded.flatMap((file) => file.runs)

let server: ControllerProcess
beforeAll(async () => {
  server = await ControllerProcess.create({ env: environment.environment, capacity: 8 })
  for (const file of FILES) copyFileSync(join(FOLDER, 'dags', `${file}_cases.py`), join(server.dagsFolder, `${file}_cases.py`))
  await server.start()
  const deadline = performance.now() + LIMIT_MS
  while ((await server.call((client) => client.listDags({ query: { limit: 1 } }))).total < runs.length) {
    if (performance.now() > deadline) throw new Error(`not all DAGs are known:\n${server.log.slice(-3000)}`)
    await sleep(100)
  }
  for (const [i, logical_date] of environment.logical_dates.entries()) {
    for (const { dag_id } of runs)
      await server.call((client) =>
        client.triggerDag({ params: { dag_id }, body: { run_id: `run${i}`, logical_date, conf: environment.conf } }),
      )
    expect(await server.settle(LIMIT_MS)).toEqual([])
  }
}, 2 * LIMIT_MS)
afterAll(async () => await server[Symbol.asyncDispose]())

const named = (task: { task_id: string; map_index: number }): string =>
  task.map_index < 0 ? task.task_id : `${task.task_id}[${task.map_index}]`

/** Values with a tag of their own, as plain JSON: what the recording has. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (value === null || typeof value !== 'object') return value
  const fields = value as Record<string, unknown>
  if ('__vortex__' in fields) return plain(fields['items'] ?? fields['value'])
  return Object.fromEntries(Object.entries(fields).map(([key, item]) => [key, plain(item)]))
}

async function resultOf(dag_id: string): Promise<RunResult> {
  const params = { dag_id, run_id: `run${environment.logical_dates.length - 1}` }
  const { state } = await server.call((client) => client.getRun({ params }))
  const { data: tasks } = await server.call((client) => client.listTaskInstances({ params, query: { limit: 500 } }))
  const { data: entries } = await server.call((client) => client.runXcoms({ params, query: { limit: 500 } }))
  const xcoms: RunResult['xcoms'] = {}
  for (const { task_id, map_index, key } of entries) {
    // What a branch remembers is each product's own matter; the states that come of it are compared.
    if (key === 'skipmixin_key') continue
    const found = await server.call((client) => client.getXcom({ params: { ...params, task_id, key }, query: { map_index } }))
    ;(xcoms[named({ task_id, map_index })] ??= {})[key] = plain(found.value)
  }
  return { dag_id, state, tasks: Object.fromEntries(tasks.map((task) => [named(task), task.state])), xcoms }
}

/** By path: `state`, `tasks.a`, `xcoms.a.return_value`. */
function flat(value: unknown, path = ''): [string, unknown][] {
  const isBranch = path === '' || path === 'tasks' || (path.startsWith('xcoms') && path.split('.').length <= 2)
  if (!isBranch) return [[path, value]]
  return Object.entries(value as object).flatMap(([key, item]) => flat(item, path === '' ? key : `${path}.${key}`))
}

function differencesOf(vortex: RunResult, airflow: RunResult): Omit<Difference, 'reason'>[] {
  const ours = new Map(flat(vortex))
  const theirs = new Map(flat(airflow))
  return [...new Set([...ours.keys(), ...theirs.keys()])]
    .filter((what) => JSON.stringify(ours.get(what)) !== JSON.stringify(theirs.get(what)))
    .map((what) => ({ dag_id: vortex.dag_id, what, vortex: ours.get(what) ?? null, airflow: theirs.get(what) ?? null }))
}

describe.each(recorded)('$file cases end as in Airflow', ({ runs: ofFile }) => {
  test.each(ofFile)('$dag_id', async (airflow) => {
    const known = explained.filter(({ dag_id }) => dag_id === airflow.dag_id)
    const found = differencesOf(await resultOf(airflow.dag_id), airflow)
    expect(found).toEqual(known.map(({ reason: _reason, ...difference }) => difference))
  })
})

test('every explained difference is of a recorded run, and has its reason', () => {
  for (const { dag_id, reason } of explained) {
    expect(runs.map((run) => run.dag_id)).toContain(dag_id)
    expect(reason.length).toBeGreaterThan(20)
  }
})
