/**
 * Runs the DAGs of python/tests/airflow_reference/dags on a real server and compares the states of the runs and of all task instances,
 * and all XComs, with what Airflow's own `dag.test()` made of the same files (record_runs.py there). What differs is in
 * differences.jsonl with its reason, and nothing else may.
 */
import { cpSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ControllerProcess } from '../faults/harness/controllerProcess.ts'

const FOLDER = resolve(import.meta.dirname, '../../python/tests/airflow_reference')
/** Airflow's own examples are not ours to keep: point AIRFLOW_EXAMPLES at a folder of them (record_runs.py) to compare those, too. */
const EXAMPLES = process.env['AIRFLOW_EXAMPLES']
const FILES = ['setup', 'mapping', 'template', ...(EXAMPLES === undefined ? [] : ['example'])]
const LIMIT_MS = 240_000
/** In differences.jsonl: another value each time. */
const VARIES = '*'

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
  runs: Record<string, { logical_date: string; conf: Record<string, unknown> }[]>
}
const linesOf = (name: string): string[] => read(name).trim().split('\n')
const explained = linesOf('differences.jsonl').map((line) => JSON.parse(line) as Difference)
const recorded = FILES.map((file) => ({
  file,
  runs: linesOf(`${file}_runs.jsonl`)
    .slice(1)
    .map((line) => JSON.parse(line) as RunResult),
}))
const runs = recorded.flatMap((file) => file.runs.map((run) => ({ ...run, given: environment.runs[file.file] ?? [] })))

let server: ControllerProcess
beforeAll(async () => {
  server = await ControllerProcess.create({ env: environment.environment, capacity: 8, args: ['--paused-default', 'true'] })
  for (const folder of [join(FOLDER, 'dags'), EXAMPLES]) if (folder !== undefined) cpSync(folder, server.dagsFolder, { recursive: true })
  await server.start()
  const deadline = performance.now() + LIMIT_MS
  for (let missing = runs.map(({ dag_id }) => dag_id); missing.length > 0;) {
    const { data } = await server.call((client) => client.listDags({ query: { limit: 500 } }))
    missing = missing.filter((dag_id) => !data.some((dag) => dag.id === dag_id))
    if (performance.now() > deadline) throw new Error(`no DAGs ${missing.join()}:\n${server.log.slice(-3000)}`)
    if (missing.length > 0) await sleep(100)
  }
  // One after the other, so that the later ones of a DAG have a run before them.
  for (let i = 0; runs.some(({ given }) => i < given.length); i++) {
    for (const { dag_id, given } of runs)
      if (given[i] !== undefined)
        await server.call((client) => client.triggerDag({ params: { dag_id }, body: { run_id: `run${i}`, ...given[i] } }))
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
  const count = runs.find((run) => run.dag_id === dag_id)?.given.length ?? 0
  const params = { dag_id, run_id: `run${count - 1}` }
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

/** By path: `state`, `tasks.a`, `xcoms.a.return_value`; of what was rendered one by one, each expression. */
function flat(value: unknown, path: string[] = []): [string, unknown][] {
  const [part, task_id] = path
  const depth = part === 'tasks' ? 1 : part !== 'xcoms' ? 0 : task_id === 'renders' ? 3 : 2
  if (path.length > depth) return [[path.join('.'), value]]
  return Object.entries(value as object).flatMap(([key, item]) => flat(item, [...path, key]))
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
    const varying = new Set(known.filter(({ vortex }) => vortex === VARIES).map(({ what }) => what))
    const found = differencesOf(await resultOf(airflow.dag_id), airflow).filter(({ what }) => !varying.has(what))
    expect(found).toEqual(known.filter(({ what }) => !varying.has(what)).map(({ reason: _reason, ...difference }) => difference))
  })
})

test('every explained difference is of a recorded run, and has its reason', () => {
  const examples = linesOf('example_runs.jsonl').map((line) => (JSON.parse(line) as RunResult).dag_id)
  for (const { dag_id, reason } of explained) {
    expect([...runs.map((run) => run.dag_id), ...examples]).toContain(dag_id)
    expect(reason.length).toBeGreaterThan(20)
  }
})
