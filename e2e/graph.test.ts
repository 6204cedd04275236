/** The graph: a small one that is React Flow's own, and a large one that is a picture; related tasks, keys, directions, export. */
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startRealServer, type PageOptions, type RealServer } from './realServer.ts'

const HEAD = `from datetime import datetime
from vortex import DAG, BashOperator, EmptyOperator, TaskGroup

`
const SMALL = `${HEAD}with DAG("small", start_date=datetime(2026, 1, 1), schedule=None):
    start = EmptyOperator(task_id="start")
    with TaskGroup("middle"):
        left = EmptyOperator(task_id="left")
        right = BashOperator(task_id="right", bash_command="exit 1", retries=0)
    join = EmptyOperator(task_id="join", trigger_rule="all_done")
    aside = EmptyOperator(task_id="aside")
    start >> [left, right] >> join
    start >> aside
`
const LARGE_TASKS = 800
const LARGE = `${HEAD}with DAG("large", start_date=datetime(2026, 1, 1), schedule=None, max_active_tasks=1000):
    before = []
    for layer in range(${LARGE_TASKS / 40}):
        with TaskGroup(f"layer_{layer:02}"):
            here = [EmptyOperator(task_id=f"t{layer:02}_{n:02}") for n in range(40)]
        for n, task in enumerate(here):
            for up in {n, (n * 3 + 1) % 40} if before else ():
                before[up] >> task
        before = here
`

/** Nothing of it happens before the file GATE is there. */
const GATED = `${HEAD}with DAG("gated", start_date=datetime(2026, 1, 1), schedule=None, max_active_tasks=1000):
    gate = BashOperator(task_id="gate", bash_command="until [ -f GATE ]; do sleep 0.05; done")
    gate >> [EmptyOperator(task_id=f"t{n}") for n in range(300)]
`

let server: RealServer
let page: Page
/** The page before, which is closed by the next one: ten open pages would slow each other down. */
let shown: Page | undefined
const node = (id: string) => page.locator(`.react-flow__node[data-id="${id}"]`)
const graph = (of = page) => of.getByRole('application', { name: /^Task graph/ })
const search = () => new URL(page.url()).searchParams

async function ended(dag_id: string): Promise<void> {
  const { run_id } = await server.api.triggerDag({ params: { dag_id }, body: {} })
  await vi.waitFor(async () => expect((await server.api.getRun({ params: { dag_id, run_id } })).end_time).not.toBeNull(), {
    timeout: 20_000,
  })
}

async function open(path: string, options?: PageOptions): Promise<Page> {
  await shown?.context().close()
  page = shown = await server.open(path, options)
  page.setDefaultTimeout(20_000)
  await graph().waitFor()
  return page
}

/** Zoom of the graph, once it rests. */
async function zoom(): Promise<number> {
  const read = () => page.locator('.react-flow__viewport').evaluate((element) => new DOMMatrix(getComputedStyle(element).transform).a)
  let before = Number.NaN
  await expect.poll(async () => before === (before = await read()), { interval: 150 }).toBe(true)
  return before
}

/** The sharp picture: how many of its pixels are about this colour. */
const pixels = (red: number, green: number, blue: number) =>
  page
    .locator('.react-flow__viewport canvas')
    .last()
    .evaluate(
      (canvas: HTMLCanvasElement, color) => {
        const copy = new OffscreenCanvas(Math.max(1, canvas.width), Math.max(1, canvas.height)).getContext('2d')
        copy?.drawImage(canvas, 0, 0)
        const { data } = copy?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] }
        let count = 0
        for (let i = 0; i < data.length; i += 4) if (color.every((part, at) => Math.abs((data[i + at] ?? 0) - part) < 12)) count += 1
        return count
      },
      [red, green, blue],
    )
const SUCCESS = [0x2b, 0x93, 0x48] as const

beforeAll(async () => {
  server = await startRealServer({ dags: { 'small.py': SMALL, 'large.py': LARGE } })
  await Promise.all([ended('small'), ended('large')])
}, 60_000)
afterAll(async () => {
  await server.stop()
})

describe('a graph that can be looked over', () => {
  it('shows what is upstream and downstream of the task that is chosen', async () => {
    await open('/dags/small/graph?open=*')
    await node('middle.right').getByText('failed').waitFor()
    await node('middle.left').click()
    await page.getByText('1 task upstream').waitFor()
    await page.getByText('1 task downstream').waitFor()
    const sides = () =>
      page.locator('.react-flow__edge path[data-side]').evaluateAll((paths) => paths.map((path) => path.getAttribute('data-side')))
    expect((await sides()).sort()).toEqual(['downstream', 'other', 'other', 'other', 'upstream'])
    expect(await page.locator('[data-dim]').count()).toBe(2)
  })

  it('is walked by arrow keys along its edges, and opened by Enter', async () => {
    await open('/dags/small/graph?open=*')
    await node('start').waitFor()
    await graph().focus()
    await page.keyboard.press('ArrowRight')
    await page.getByText('4 tasks downstream').waitFor()
    for (let i = 0; i < 3 && (await page.locator('[data-selected]').getAttribute('title')) !== 'aside'; i += 1) {
      await page.keyboard.press(i === 0 ? 'ArrowRight' : 'ArrowDown')
    }
    expect(search().has('task')).toBe(false)
    await page.keyboard.press('ArrowLeft')
    await page.getByText('4 tasks downstream').waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('complementary', { name: 'start' }).waitFor()
    expect(search().get('task')).toBe('start')
  })

  it('runs in four directions', async () => {
    await open('/dags/small/graph?open=*')
    const at = async (id: string) => (await node(id).boundingBox()) ?? { x: 0, y: 0 }
    const ahead = async (axis: 'x' | 'y') => Math.sign((await at('join'))[axis] - (await at('start'))[axis])
    await expect.poll(() => ahead('x')).toBe(1)
    for (const [name, axis, sign] of [
      ['Right to left', 'x', -1],
      ['Bottom to top', 'y', -1],
      ['Top to bottom', 'y', 1],
    ] as const) {
      await page.getByRole('button', { name: 'Direction' }).click()
      await page.getByRole('menuitem', { name }).click()
      await expect.poll(() => ahead(axis)).toBe(sign)
    }
    expect(search().get('dir')).toBe('TB')
  })

  it('is saved as SVG and as PNG, all of it', async () => {
    await open('/dags/small/graph?open=*')
    await node('join').waitFor()
    const save = async (name: string) => {
      await page.getByRole('button', { name: 'Save as an image' }).click()
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name }).click()])
      return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) }
    }
    const svg = await save('Save the graph as SVG')
    expect(svg.name).toBe('small.svg')
    for (const label of ['start', 'left', 'right', 'join', 'aside']) expect(svg.bytes.toString()).toContain(`<title>${label}</title>`)
    expect(svg.bytes.toString()).toContain('failed')
    const png = await save('Save the graph as PNG')
    expect(png.bytes.subarray(1, 4).toString()).toBe('PNG')
    // Width in the header: the graph at twice its size.
    expect(png.bytes.readUInt32BE(16)).toBeGreaterThan(1_000)
  })
})

describe('a large graph', () => {
  it('is folded by default, and unfolded all at once', async () => {
    await open('/dags/large/graph')
    await node('layer_00').getByText('40 tasks').waitFor()
    await page.getByRole('button', { name: 'Unfold all groups' }).click()
    await page.getByRole('application', { name: `Task graph: ${LARGE_TASKS} tasks`, exact: false }).waitFor()
    expect(search().get('open')).toBe('*')
  })

  it('is a picture far away and has real nodes near, each opened by a click', async () => {
    await open('/dags/large/graph?open=*')
    await expect.poll(() => pixels(...SUCCESS)).toBeGreaterThan(2_000)
    expect(await zoom()).toBeLessThan(0.4)
    expect(await page.locator('.react-flow__node').count()).toBe(0)
    // Found by name: the view goes there, and near enough there are nodes to read and to press.
    await page.keyboard.press('/')
    await page.keyboard.type('t07_23')
    await page.getByText('1 of 1').waitFor()
    await page.keyboard.press('Enter')
    await node('layer_07.t07_23').getByText('success').waitFor()
    expect(await zoom()).toBeGreaterThan(0.7)
    await node('layer_07.t07_23').click()
    await page.getByRole('complementary', { name: 'layer_07.t07_23' }).waitFor()
    // In the picture too a press opens what lies under it.
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    await page.getByRole('complementary').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Fit to window' }).click()
    await expect.poll(zoom).toBeLessThan(0.4)
    const box = await graph().boundingBox()
    const title = async (x: number, y: number) => {
      await page.mouse.move(x, y)
      return page.locator('.react-flow__pane').getAttribute('title')
    }
    let found: string | null = null
    const [left, middle] = [(box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2]
    for (let x = left; x < left + 60 && !found; x += 4) {
      found = await title(x, middle + 3)
      if (found) await page.mouse.click(x, middle + 3)
    }
    expect(found).toMatch(/^layer_\d\d\.t/)
    await page.getByRole('complementary', { name: found ?? '' }).waitFor()
  })

  it('shows states as they happen', async () => {
    const gate = join(server.dags_folder, 'gate')
    await server.writeDag('gated.py', GATED.replace('GATE', gate))
    await vi.waitFor(async () => server.api.getDag({ params: { dag_id: 'gated' } }), { timeout: 10_000 })
    await server.api.triggerDag({ params: { dag_id: 'gated' }, body: {} })
    await open('/dags/gated/graph')
    await expect.poll(() => pixels(...SUCCESS)).toBe(0)
    await writeFile(gate, '')
    await expect.poll(() => pixels(...SUCCESS), { timeout: 10_000 }).toBeGreaterThan(2_000)
  })
})

describe('every graph', () => {
  const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  for (const theme of ['light', 'dark'] as const) {
    it(`has no accessibility violation in the ${theme} theme, and fits a narrow window`, async () => {
      for (const path of ['/dags/small/graph?open=*&task=start', '/dags/large/graph?open=*']) {
        await open(path, { theme })
        await zoom()
        await page.evaluate(source)
        const violations = await page.evaluate(async () => {
          const { axe } = window as unknown as {
            axe: { run: (node: Document) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
          }
          return (await axe.run(document)).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`)
        })
        expect(violations).toEqual([])
      }
      await open('/dags/large/graph', { theme, width: 400 })
      await node('layer_00').waitFor()
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
    })
  }
  it('logs no error', () => {
    expect(server.problems).toEqual([])
  })
})
