/**
 * Mapping at scale: 10,000 items from a task's result and from a literal list, and a mapped group of 1,000 x 5 tasks; then a failure
 * among them, a clear of all of them, and a controller that is killed in the middle. VORTEX_BENCH_SHARE=0.1 takes a tenth of all sizes.
 */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DagRun } from '../../server/contract/dagRun.ts'
import type { TaskInstance } from '../../server/contract/taskInstance.ts'
import { withFolder, writeFiles } from '../harness/folder.ts'
import { type MappedFile, overGroup, overLiteral, overResult } from '../harness/mappedFiles.ts'
import { bestRate } from '../harness/python.ts'
import type { Figure, Row } from '../harness/row.ts'
import { sized, watchingCalls } from '../harness/scale.ts'
import { type Server, startServer } from '../harness/server.ts'
import { percentile, show } from '../harness/statistics.ts'
import { showUse, type Use, using } from '../harness/usage.ts'

/** On a quiet machine 10,000 Python tasks take 40 s. */
const PATIENCE_MS = 1_800_000
const GOAL = 0.25

interface Ran {
  run: DagRun
  use: Use
  /** From the end of what is mapped over (or the trigger) to the first instance's start: all rows are committed by then. */
  expanded_s: number
  /** First mapped task's start to the last one's end. */
  tasks_s: number
  reduced_s: number
  calls: number[]
}

const seconds = (from: string | null, to: string | null): number => (Date.parse(to ?? '') - Date.parse(from ?? '')) / 1000
const runPath = ({ dag_id, run_id }: DagRun): string => `/api/dags/${dag_id}/runs/${run_id}`

async function until(server: Server, run: DagRun, isThere: (run: DagRun) => boolean): Promise<DagRun> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(20)) {
    const now = await server.call<DagRun>('GET', runPath(run))
    if (isThere(now)) return now
  }
  throw new Error(`Run ${run.run_id} of ${run.dag_id} did not get there in ${PATIENCE_MS / 1000} s.`)
}

const isEnded = ({ state }: DagRun): boolean => state === 'success' || state === 'failed'

async function instancesOf(server: Server, run: DagRun, task_id: string): Promise<TaskInstance[]> {
  const found: TaskInstance[] = []
  for (let cursor = ''; ;) {
    const page = await server.call<{ data: TaskInstance[]; next_cursor: string | null }>(
      'GET',
      `${runPath(run)}/tasks?limit=5000&task_id=${task_id}${cursor}`,
    )
    found.push(...page.data)
    if (page.next_cursor === null) return found
    cursor = `&cursor=${encodeURIComponent(page.next_cursor)}`
  }
}

async function runOnce(server: Server, file: MappedFile): Promise<Ran> {
  const calls = watchingCalls(server)
  const { result: run, use } = await using(server, async () => until(server, (await server.trigger(file.dag_id)).run, isEnded))
  const tasks = await instancesOf(server, run, file.task_id)
  const first = tasks.map(({ start_time }) => start_time ?? '9').sort()[0] ?? null
  const [[source], [reduce]] = await Promise.all([instancesOf(server, run, 'source'), instancesOf(server, run, 'total')])
  return {
    run,
    use,
    expanded_s: seconds(source?.end_time ?? run.queued_time, first),
    tasks_s: seconds(first, reduce?.queued_time ?? run.end_time),
    reduced_s: seconds(reduce?.start_time ?? null, reduce?.end_time ?? null),
    calls: calls.stop(),
  }
}

const shownCalls = (calls: readonly number[]): string =>
  `calls beside it p50 ${show(percentile(calls, 0.5), 'ms')}, max ${show(percentile(calls, 1), 'ms')}`

function figuresOf(what: string, file: MappedFile, ran: Ran, bare: number): Figure[] {
  const rate = file.instances / ran.tasks_s
  return [
    {
      what: `${what}: run`,
      figure: `${show(rate, 'tasks/s')}, first after ${show(ran.expanded_s * 1000, 'ms')}`,
      goal: `>= ${GOAL} x bare fork`,
      ratio: rate / bare,
      is_met: rate >= GOAL * bare,
      note: `${show(ran.tasks_s, 's')}; ${showUse(ran.use)}; ${shownCalls(ran.calls)}`,
    },
    {
      what: `${what}: one task pulls all XComs`,
      figure: show(ran.reduced_s, 's'),
      goal: '<= 2 s',
      ratio: null,
      is_met: ran.reduced_s <= 2,
      note: `with its start and its end`,
    },
  ]
}

async function answers(server: Server, file: MappedFile, run: DagRun): Promise<Figure> {
  const grid = await server.bytes(`/api/dags/${file.dag_id}/grid?limit=25`)
  const graph = await server.bytes(`/api/dags/${file.dag_id}/tasks`)
  const list = await server.bytes(`${runPath(run)}/tasks?limit=500&task_id=${file.task_id}`)
  const all = await server.bytes(`${runPath(run)}/tasks?limit=10000`)
  const shown = [grid, graph, list, all].map(
    ({ plain, sent, ms }) => `${show(plain / 1000, 'kB')} (${show(sent / 1000, 'kB')}) ${show(ms, 'ms')}`,
  )
  return {
    what: `${file.dag_id}: answers to a browser`,
    figure: `grid ${shown[0] ?? ''}`,
    goal: '<= 50 ms',
    ratio: null,
    is_met: grid.ms <= 50 && graph.ms <= 50 && list.ms <= 50,
    note: `tasks of the DAG ${shown[1] ?? ''}, 500 instances ${shown[2] ?? ''}, up to 10,000 instances ${shown[3] ?? ''}`,
  }
}

/** One item fails, its task is cleared; then the whole mapped task is. */
async function clears(server: Server, file: MappedFile, flag: string): Promise<Figure[]> {
  writeFileSync(flag, '')
  const failed = await runOnce(server, file)
  rmSync(flag)
  if (failed.run.state !== 'failed' || failed.run.task_counts['failed'] !== 1) throw new Error('Not one task failed, but others, too.')
  const clear = async (body: Record<string, unknown>): Promise<{ answered_ms: number; ended_s: number; cleared: number; use: Use }> => {
    const began = performance.now()
    const { result, use } = await using(server, async () => {
      const { task_instances } = await server.call<{ task_instances: unknown[] }>('POST', `${runPath(failed.run)}/clear`, body)
      const answered_ms = performance.now() - began
      const now = await until(server, failed.run, isEnded)
      if (now.state !== 'success') throw new Error(`The cleared run ended as ${now.state}.`)
      return { answered_ms, ended_s: (performance.now() - began) / 1000, cleared: task_instances.length }
    })
    return { ...result, use }
  }
  const one = await clear({ only_failed: true })
  const all = await clear({ task_ids: [file.task_id], include_downstream: true })
  return [
    {
      what: `${file.dag_id}: clear of the one that failed, to the end of the run`,
      figure: show(one.ended_s, 's'),
      goal: '<= 3 s',
      ratio: null,
      is_met: one.ended_s <= 3,
      note: `${one.cleared} cleared, answered in ${show(one.answered_ms, 'ms')}`,
    },
    {
      what: `${file.dag_id}: clear of the whole mapped task, answered`,
      figure: show(all.answered_ms, 'ms'),
      goal: '<= 1 s',
      ratio: null,
      is_met: all.answered_ms <= 1000,
      note: `${all.cleared} cleared, run again in ${show(all.ended_s, 's')}; ${showUse(all.use)}`,
    },
  ]
}

/** The controller is killed when half of the tasks are through; the next one goes on. */
async function killed(first: Server, p: { home: string; dags: string }, file: MappedFile): Promise<{ figure: Figure; server: Server }> {
  const { run } = await first.trigger(file.dag_id)
  await until(first, run, ({ task_counts }) => (task_counts['success'] ?? 0) >= file.instances / 2)
  await first.kill()
  const server = await startServer(p)
  const ready_ms = server.ready_ms
  const ended = await until(server, run, isEnded)
  const tasks = await instancesOf(server, run, file.task_id)
  const again = tasks.filter(({ try_number }) => try_number !== 1).length
  if (ended.state !== 'success') throw new Error(`After the kill the run ended as ${ended.state}.`)
  return {
    server,
    figure: {
      what: `${file.dag_id}: controller killed in the middle, ready again`,
      figure: show(ready_ms, 'ms'),
      goal: '<= 2 s, each task once',
      ratio: null,
      is_met: ready_ms <= 2000 && again === 0,
      note: `${tasks.length} tasks, ${again} of them more than once`,
    },
  }
}

/** The three shapes in a folder of their own, with what makes one item bad. */
function filesIn(folder: string): {
  place: { home: string; dags: string }
  shapes: Record<'result' | 'literal' | 'group', MappedFile>
  flag: string
} {
  const flag = join(folder, 'bad')
  const shapes = {
    result: overResult(sized(10_000), flag),
    literal: overLiteral(sized(10_000), flag),
    group: overGroup(sized(1_000), flag),
  }
  const files = Object.fromEntries(Object.values(shapes).map(({ dag_id, text }) => [`${dag_id}.py`, text]))
  return { place: { home: join(folder, 'home'), dags: writeFiles(join(folder, 'dags'), files) }, shapes, flag }
}

export const mapped: Row = {
  name: 'mapped',
  is_scale: true,
  run: () =>
    withFolder(async (folder) => {
      const { place, shapes } = filesIn(folder)
      const bare = bestRate('fork.py', ['--count', '1000', '--file', join(place.dags, 'mapped_result.py')])
      const server = await startServer(place)
      try {
        await server.dagsKnown(3)
        const figures: Figure[] = []
        for (const [over, file] of Object.entries(shapes)) {
          const what = `${file.instances.toLocaleString('en')} mapped tasks (${over})`
          const ran = await runOnce(server, file)
          if (ran.run.state !== 'success') throw new Error(`${what} ended as ${ran.run.state}.`)
          figures.push(...figuresOf(what, file, ran, bare), await answers(server, file, ran.run))
        }
        return figures
      } finally {
        await server.stop()
      }
    }),
}

export const mappedAgain: Row = {
  name: 'mapped-again',
  is_scale: true,
  run: () =>
    withFolder(async (folder) => {
      const { place, shapes, flag } = filesIn(folder)
      const file = shapes.result
      let server = await startServer(place)
      try {
        await server.dagsKnown(3)
        const figures = await clears(server, file, flag)
        const after = await killed(server, place, file)
        server = after.server
        return [...figures, after.figure]
      } finally {
        await server.stop()
      }
    }),
}
