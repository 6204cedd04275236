/** What each screen loads: JavaScript and CSS, gzipped. `node e2e/dashboardSizes.ts` prints the table after a build. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Browser } from 'playwright-core'
import { launchBrowser } from './browser.ts'
import { builtRenderer } from './dashboardBuild.ts'
import { FixtureServer } from './fixtureServer.ts'

export const SCREENS: Readonly<Record<string, (run: string) => string>> = {
  'sign-in': () => '/sign-in',
  'DAG list': () => '/dags',
  'DAG graph': () => '/dags/etl_sales/graph',
  'DAG runs': () => '/dags/etl_sales/runs',
  'DAG details': () => '/dags/etl_sales/details',
  'DAG code': () => '/dags/etl_sales/code',
  run: (run) => `/dags/etl_sales/runs/${run}`,
  'task log': (run) => `/dags/etl_sales/runs/${run}/tasks/transform.join`,
  'trigger dialog': () => '/dags?trigger=etl_sales',
}

export interface ScreenSize {
  screen: string
  script_kb: number
  style_kb: number
  files: number
}

export async function measureScreens(
  browser: Browser,
  renderer: string,
  only: readonly string[] = Object.keys(SCREENS),
): Promise<ScreenSize[]> {
  const server = new FixtureServer(renderer)
  const base = await server.start()
  server.signedIn = true
  const run = encodeURIComponent(server.newestRun('etl_sales').run_id)
  const sizes: ScreenSize[] = []
  for (const screen of only) {
    const context = await browser.newContext()
    const page = await context.newPage()
    // What is fetched ahead when nothing else is to do is no part of the page; on a busy machine it would come before the content.
    await page.addInitScript(() => {
      globalThis.requestIdleCallback = () => 0
    })
    await page.goto(base + (SCREENS[screen]?.(run) ?? '/'))
    await page.locator('h1').first().waitFor()
    await page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' })
    const names = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname))
    await context.close()
    const files = [...new Set(names)].filter((name) => /\.(js|css)$/.test(name))
    const kilobytes = (ending: string) =>
      files
        .filter((name) => name.endsWith(ending))
        .reduce((sum, name) => sum + gzipSync(readFileSync(join(renderer, name))).length / 1000, 0)
    sizes.push({ screen, script_kb: kilobytes('.js'), style_kb: kilobytes('.css'), files: files.length })
  }
  await server.stop()
  return sizes
}

if (import.meta.main) {
  const renderer = builtRenderer()
  const browser = await launchBrowser()
  for (const { screen, script_kb, style_kb, files } of await measureScreens(browser, renderer)) {
    process.stdout.write(
      `${screen.padEnd(16)} ${script_kb.toFixed(0).padStart(4)} kB script ${style_kb.toFixed(0).padStart(4)} kB style ${String(files).padStart(3)} files\n`,
    )
  }
  await browser.close()
}
