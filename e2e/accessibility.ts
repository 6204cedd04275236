/** What every screen is asked in both themes and on a narrow window: axe, and that nothing is wider than the window. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Violations of the page as it is, each as one line. */
export async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  return page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run: (node: Document) => Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }> }
    }
    return (await axe.run(document)).violations.map(
      ({ id, nodes }) => `${id}: ${nodes.length} × ${nodes[0]?.html.slice(0, 160)} ${nodes[0]?.failureSummary.slice(0, 300)}`,
    )
  })
}

/** How many pixels the page is wider than its window. */
export const overflowOf = (page: Page): Promise<number> => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)

/** What reaches beyond the window, and is not cut off by something that scrolls by itself. */
const widestOf = (page: Page): Promise<string> =>
  page.evaluate(() =>
    [...document.querySelectorAll('body *')]
      .filter((element) => element.getBoundingClientRect().right > window.innerWidth)
      .map((element) => `${element.tagName.toLowerCase()} ${element.textContent?.slice(0, 30)}`)
      .slice(-3)
      .join('; '),
  )

/** Visits each screen in both themes and at 400 px; returns what is wrong, each with the screen's name. */
export async function screenProblems(
  open: (path: string, options: { theme: 'light' | 'dark'; width: number }) => Promise<Page>,
  screens: Readonly<Record<string, { path: string; ready: (page: Page) => Promise<unknown> }>>,
): Promise<string[]> {
  const found: string[] = []
  for (const theme of ['light', 'dark'] as const) {
    // One page for all screens: signing in is slow on purpose.
    const [first] = Object.values(screens)
    const page = await open(first?.path ?? '/', { theme, width: 1440 })
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
    for (const [name, { path, ready }] of Object.entries(screens)) {
      await page.goto(path)
      await ready(page)
      await page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' })
      found.push(...(await violationsOf(page)).map((violation) => `${name}, ${theme}: ${violation}`))
      if (theme === 'dark') {
        await page.setViewportSize({ width: 400, height: 860 })
        const wide = await overflowOf(page)
        if (wide > 0) found.push(`${name}: ${wide} px wider than a window of 400 px (${await widestOf(page)})`)
        await page.setViewportSize({ width: 1440, height: 900 })
      }
    }
    await page.context().close()
  }
  return found
}
