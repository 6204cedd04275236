/** First paint, content, reaction, frames and memory of each page on the seeded server. */
import type { Page } from 'playwright-core'
import type { DagRun } from '../../server/contract/dagRun.ts'
import type { TaskInstance } from '../../server/contract/taskInstance.ts'
import type { Figure } from '../harness/row.ts'
import type { Server } from '../harness/server.ts'
import { show } from '../harness/statistics.ts'
import { GRAPH_DAG, LARGE_DAG } from '../seed/dagFiles.ts'
import { frames, load, presses, signedIn, type Frames } from './page.ts'
import type { Browser } from 'playwright-core'

interface Measured {
  name: string
  path: string
  /** A press that a person makes there; its answer must be painted soon. */
  press?: (page: Page) => Promise<void>
  /** Moves something for some seconds. */
  move?: { name: string; goal: number; run: (page: Page) => Promise<void> }
}

const CONTENT_GOAL_MS = 1_000
const PRESS_GOAL_MS = 300
const FRAME_MS = 17.5
const MOVE_STEPS = 120

const wheel =
  (dx: number, dy: number) =>
  async (page: Page): Promise<void> => {
    const box = await page.locator('main').boundingBox()
    await page.mouse.move((box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2)
    for (let i = 0; i < MOVE_STEPS; i += 1) {
      await page.mouse.wheel(dx, dy)
      await page.waitForTimeout(16)
    }
  }

async function pan(page: Page): Promise<void> {
  const box = await page.locator('.react-flow').boundingBox()
  const [x, y] = [(box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2]
  await page.mouse.move(x, y)
  await page.mouse.down()
  for (let i = 0; i < MOVE_STEPS; i += 1) {
    await page.mouse.move(x + Math.sin(i / 12) * 400, y + Math.cos(i / 17) * 200)
    await page.waitForTimeout(12)
  }
  await page.mouse.up()
}

async function zoomAll(page: Page): Promise<void> {
  const box = await page.locator('.react-flow').boundingBox()
  await page.mouse.move((box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2)
  for (let i = 0; i < MOVE_STEPS; i += 1) {
    await page.mouse.wheel(0, i % 40 < 20 ? -60 : 60)
    await page.waitForTimeout(16)
  }
}

const nearer = async (page: Page): Promise<void> => {
  await page.locator('.react-flow').hover()
  for (let i = 0; i < 12; i += 1) await page.mouse.wheel(0, -120)
  await page.waitForTimeout(400)
}

async function table(server: Server): Promise<Measured[]> {
  const runs = await server.call<{ data: DagRun[] }>('GET', `/api/dags/${LARGE_DAG}/runs?limit=1`)
  const run_id = encodeURIComponent(runs.data[0]?.run_id ?? '')
  const tasks = await server.call<{ data: TaskInstance[] }>('GET', `/api/dags/${LARGE_DAG}/runs/${run_id}/tasks?limit=20`)
  const task_id = encodeURIComponent(tasks.data.find(({ try_number }) => try_number > 0)?.task_id ?? '')
  const run = `/dags/${LARGE_DAG}/runs/${run_id}`
  const scroll = (name: string) => ({ name: `scroll ${name}`, goal: FRAME_MS, run: wheel(0, 240) })
  return [
    { name: 'Home', path: '/' },
    { name: 'DAG list, 2,000 DAGs', path: '/dags', move: scroll('the DAG list') },
    { name: 'runs of all DAGs', path: '/runs', move: scroll('all runs') },
    { name: 'grid, 5,000 tasks x 100 runs, folded', path: `/dags/${LARGE_DAG}` },
    {
      name: 'grid, 5,000 tasks x 100 runs, unfolded',
      path: `/dags/${LARGE_DAG}?open=*`,
      move: { name: 'scroll the grid down', goal: FRAME_MS, run: wheel(0, 240) },
    },
    {
      name: 'graph, 2,000 tasks unfolded',
      path: `/dags/${GRAPH_DAG}/graph?open=*`,
      move: {
        name: 'pan a graph of 2,000 tasks, near',
        goal: FRAME_MS,
        run: async (page) => {
          await nearer(page)
          await pan(page)
        },
      },
    },
    {
      name: 'graph, 5,000 tasks unfolded',
      path: `/dags/${LARGE_DAG}/graph?open=*`,
      move: { name: 'zoom a whole graph of 5,000 tasks', goal: FRAME_MS, run: zoomAll },
    },
    { name: 'graph, 5,000 tasks in 10 folded groups', path: `/dags/${LARGE_DAG}/graph` },
    { name: 'Gantt of 5,000 tasks', path: `/dags/${LARGE_DAG}/gantt`, move: scroll('the Gantt chart') },
    { name: 'calendar', path: `/dags/${LARGE_DAG}/calendar` },
    { name: 'durations', path: `/dags/${LARGE_DAG}/durations` },
    { name: 'runs of a DAG', path: `/dags/${LARGE_DAG}/runs` },
    { name: 'run page, 5,000 tasks', path: `${run}?view=tasks`, move: scroll('5,000 tasks') },
    { name: 'events of a run', path: `${run}?view=events` },
    { name: 'log of 20 MB', path: `${run}/tasks/${task_id}`, move: { name: 'scroll a log up', goal: FRAME_MS, run: wheel(0, -600) } },
    { name: 'code of a DAG', path: `/dags/${LARGE_DAG}/code` },
    { name: 'system', path: '/admin/system' },
  ]
}

export async function measurePages(server: Server, browser: Browser, only: string | null): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const measured of await table(server)) {
    if (only !== null && !measured.name.includes(only)) continue
    figures.push(...(await figuresOf(server, browser, measured)))
  }
  return figures
}

async function figuresOf(server: Server, browser: Browser, { name, path, press, move }: Measured): Promise<Figure[]> {
  const context = await signedIn(browser, server.url)
  const figures: Figure[] = []
  try {
    // The first visit fills the browser's cache, as for a person who was there before.
    const first = await context.newPage()
    await load(first, path)
    await first.close()
    const page = await context.newPage()
    const seen = await load(page, path)
    figures.push({
      what: `page: ${name}`,
      figure: `first paint ${show(seen.first_paint, 'ms')}, content ${show(seen.content, 'ms')}`,
      goal: `content <= ${CONTENT_GOAL_MS} ms`,
      ratio: null,
      is_met: seen.content <= CONTENT_GOAL_MS,
      note: `long tasks ${show(seen.long_ms, 'ms')}, ${seen.nodes} elements, heap ${show(seen.heap_mb, 'MB')}`,
    })
    await page.waitForTimeout(1_000)
    const delay = await presses(page, async () => {
      if (press === undefined) await pressTab(page)
      else await press(page)
    })
    figures.push({
      what: `press: ${name}`,
      figure: show(delay, 'ms'),
      goal: `<= ${PRESS_GOAL_MS} ms`,
      ratio: null,
      is_met: delay <= PRESS_GOAL_MS,
      note: 'from the press to the next paint',
    })
    if (move !== undefined) {
      await load(page, path)
      await page.waitForTimeout(1_000)
      figures.push(frameFigure(move.name, move.goal, await frames(page, () => move.run(page))))
    }
  } catch (error) {
    const note = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    figures.push({ what: `page: ${name}`, figure: 'not measured', goal: '', ratio: null, is_met: false, note })
  } finally {
    await context.close()
  }
  return figures
}

/** Where a page has no press of its own: into its middle. */
async function pressTab(page: Page): Promise<void> {
  const box = await page.locator('main').boundingBox()
  if (box !== null) await page.mouse.click(box.x + box.width / 2, box.y + Math.min(box.height / 2, 350))
}

function frameFigure(name: string, goal: number, found: Frames): Figure {
  return {
    what: `frames: ${name}`,
    figure: `${found.per_second.toFixed(0)}/s, p95 ${show(found.p95_ms, 'ms')}`,
    goal: `p95 <= ${goal} ms`,
    ratio: null,
    is_met: found.p95_ms <= goal,
    note: `worst ${show(found.worst_ms, 'ms')}`,
  }
}
