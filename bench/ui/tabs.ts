/** What ten open tabs cost a server that runs 300 tasks a second: its processor time and its task rate, with and without them. */
import { get } from 'node:http'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import { cpuSeconds } from '../harness/processes.ts'
import type { Figure } from '../harness/row.ts'
import type { Server } from '../harness/server.ts'
import { show } from '../harness/statistics.ts'
import { GRAPH_DAG, LARGE_DAG } from '../seed/dagFiles.ts'
import { LOAD_DAG, startLoad, tasksEnded } from './load.ts'
import { heapMegabytes, signedIn } from './page.ts'

const WINDOW_S = 20
const RATE = 300

interface Rate {
  tasks_per_second: number
  /** Cores of the controller's own process. */
  cores: number
}

async function measure(server: Server): Promise<Rate> {
  await sleep(3_000)
  const [tasks, cpu, began] = [await tasksEnded(server), cpuSeconds([server.pid]), performance.now()]
  await sleep(WINDOW_S * 1_000)
  const seconds = (performance.now() - began) / 1_000
  return { tasks_per_second: ((await tasksEnded(server)) - tasks) / seconds, cores: (cpuSeconds([server.pid]) - cpu) / seconds }
}

/** Listens as a page does, without a browser that takes the processor away from the server. */
function listen(server: Server): { bytes: () => number; close: () => void } {
  let bytes = 0
  const key = readFileSync(join(server.home, 'cli.key'), 'utf8').trim()
  const request = get(`${server.url}/api/events`, { headers: { authorization: `Bearer ${key}` }, agent: false }, (response) =>
    response.on('data', (chunk: Buffer) => (bytes += chunk.length)),
  )
  return { bytes: () => bytes, close: () => request.destroy() }
}

const PAGES = [
  '/',
  '/dags',
  '/runs',
  `/dags/${LARGE_DAG}`,
  `/dags/${GRAPH_DAG}/graph`,
  `/dags/${LOAD_DAG}`,
  `/dags/${LOAD_DAG}/graph`,
  `/dags/${LOAD_DAG}/runs`,
  `/dags/${LOAD_DAG}/gantt`,
  '/dags?search=load',
]

export async function measureTabs(server: Server, browser: Browser): Promise<Figure[]> {
  await server.call('PATCH', `/api/dags/${LOAD_DAG}`, { is_paused: false }).catch(() => undefined)
  const load = startLoad(server, RATE)
  try {
    const alone = await measure(server)
    const listeners = Array.from({ length: 10 }, () => listen(server))
    const streams = await measure(server)
    const bytes = listeners.reduce((sum, each) => sum + each.bytes(), 0)
    for (const each of listeners) each.close()
    // Each tab in a window of its own, so that each has its own connection.
    const contexts = []
    for (const _ of PAGES) contexts.push(await signedIn(browser, server.url))
    await Promise.all(contexts.map(async (context, i) => (await context.newPage()).goto(PAGES[i] ?? '/')))
    const tabs = await measure(server)
    await Promise.all(contexts.map((context) => context.close()))
    const figure = (what: string, now: Rate, note: string): Figure => ({
      what,
      figure: `${now.tasks_per_second.toFixed(0)} tasks/s, server ${(now.cores * 100).toFixed(0)} % of a core`,
      goal: 'rate >= 0.95 x alone',
      ratio: now.tasks_per_second / alone.tasks_per_second,
      is_met: now.tasks_per_second >= 0.95 * alone.tasks_per_second,
      note,
    })
    return [
      figure(`${RATE} tasks/s asked for, nobody looks`, alone, ''),
      figure('the same with 10 event streams', streams, `${show(bytes / 1e6 / WINDOW_S, 'MB/s')} sent in all`),
      figure('the same with 10 tabs of Chromium on the same cores', tabs, 'the browser itself takes what is left of the machine'),
    ]
  } finally {
    await load.stop()
  }
}

/** Heap of a page while events come in, minute by minute. */
export async function measureMemory(server: Server, browser: Browser, p: { minutes: number; rate: number }): Promise<Figure[]> {
  const load = startLoad(server, p.rate)
  const before = await tasksEnded(server)
  const context = await signedIn(browser, server.url)
  try {
    const figures: Figure[] = []
    const paths = ['/', `/dags/${LOAD_DAG}/graph`, `/dags/${LOAD_DAG}`]
    const pages = await Promise.all(
      paths.map(async (path) => {
        const page = await context.newPage()
        await page.goto(path)
        return page
      }),
    )
    await sleep(30_000)
    const heaps = await Promise.all(pages.map(async (page) => [await heapMegabytes(page)]))
    for (let minute = 0; minute < p.minutes; minute += 1) {
      await sleep(60_000)
      for (const [i, page] of pages.entries()) heaps[i]?.push(await heapMegabytes(page))
    }
    const tasks = (await tasksEnded(server)) - before
    for (const [i, heap] of heaps.entries()) {
      const [first = 0, last = 0] = [heap[0], heap.at(-1)]
      figures.push({
        what: `heap of ${paths[i]} over ${p.minutes} min, ${tasks} tasks, of live events`,
        figure: `${show(first, 'MB')} -> ${show(last, 'MB')}`,
        goal: '<= 1.5 x, or 20 MB more',
        ratio: last / first,
        is_met: last <= first * 1.5 || last <= first + 20,
        note: heap.map((each) => each.toFixed(0)).join(' '),
      })
    }
    return figures
  } finally {
    await context.close()
    await load.stop()
  }
}
