/** What a page of a real browser tells of itself: when it painted, when its content was there, its frames, its memory. */
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { percentile } from '../harness/statistics.ts'

/** Made by run.ts; the admin of a seeded folder may have any password. */
export const USER = { username: 'bench', password: 'a long password for measurements' }

/** Sign-ins of one minute are limited: the session of the first one serves all contexts. */
let session: Awaited<ReturnType<BrowserContext['storageState']>> | undefined

export async function signedIn(browser: Browser, base: string): Promise<BrowserContext> {
  const options = { viewport: { width: 1440, height: 900 }, baseURL: base }
  const context = await browser.newContext(session === undefined ? options : { ...options, storageState: session })
  if (session === undefined) {
    const answer = await context.request.post('/api/login', { data: USER, headers: { origin: base } })
    if (!answer.ok()) throw new Error(`The sign-in was refused: ${await answer.text()}`)
    session = await context.storageState()
  }
  await context.addInitScript(observe)
  return context
}

interface Observed {
  /** Longest event of each press, from the press to the next paint; ms. */
  presses: number[]
  long_ms: number
  frames: number[]
  isSampling: boolean
}
declare global {
  interface Window {
    vortexBench: Observed
  }
}

function observe(): void {
  const seen: Observed = { presses: [], long_ms: 0, frames: [], isSampling: false }
  window.vortexBench = seen
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) seen.long_ms += duration
  }).observe({ type: 'longtask', buffered: true })
  new PerformanceObserver((list) => {
    for (const { name, duration } of list.getEntries()) if (/^(pointer|click|key)/.test(name)) seen.presses.push(duration)
  }).observe({ type: 'event', buffered: true, durationThreshold: 16 } as PerformanceObserverInit)
  let before = 0
  const frame = (now: number): void => {
    if (seen.isSampling && before > 0) seen.frames.push(now - before)
    before = now
    requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
}

/** Something of the page stands there, and nothing says that it still loads. */
const isThere = (): boolean =>
  document.querySelector('main') !== null &&
  !location.pathname.startsWith('/sign-in') &&
  document.querySelector('.mantine-Skeleton-root, .mantine-Loader-root, [aria-busy="true"]') === null &&
  (document.querySelector('main')?.textContent.length ?? 0) > 20

export interface Load {
  first_paint: number
  content: number
  long_ms: number
  nodes: number
  heap_mb: number
}

/** Opens a path and waits for its content; times are from the navigation's start. */
export async function load(page: Page, path: string): Promise<Load> {
  await page.goto(path, { waitUntil: 'commit' })
  await page.waitForFunction(isThere, undefined, { polling: 'raf', timeout: 60_000 })
  const content = await page.evaluate(() => performance.now())
  const seen = await page.evaluate(() => ({
    first_paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
    long_ms: window.vortexBench.long_ms,
    nodes: document.querySelectorAll('*').length,
  }))
  return { ...seen, content, heap_mb: await heapMegabytes(page) }
}

/** JavaScript heap after a collection. */
export async function heapMegabytes(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page)
  try {
    await session.send('HeapProfiler.collectGarbage')
    const { usedSize } = await session.send('Runtime.getHeapUsage')
    return usedSize / 1e6
  } finally {
    await session.detach()
  }
}

export interface Frames {
  per_second: number
  p95_ms: number
  worst_ms: number
}

/** Frames while something moves. */
export async function frames(page: Page, move: () => Promise<void>): Promise<Frames> {
  await page.evaluate(() => {
    window.vortexBench.frames = []
    window.vortexBench.isSampling = true
  })
  await move()
  const found = await page.evaluate(() => {
    window.vortexBench.isSampling = false
    return window.vortexBench.frames
  })
  const total = found.reduce((sum, each) => sum + each, 0)
  return { per_second: (found.length / total) * 1_000, p95_ms: percentile(found, 0.95), worst_ms: Math.max(...found) }
}

/** From a press to the next paint, the longest of `count` presses; and how long until `settled` holds. */
export async function presses(page: Page, press: () => Promise<void>): Promise<number> {
  await page.evaluate(() => {
    window.vortexBench.presses = []
  })
  await press()
  await page.waitForTimeout(300)
  return page.evaluate(() => Math.max(0, ...window.vortexBench.presses))
}
