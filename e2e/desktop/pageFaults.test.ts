/** The desktop app with a page whose process ends, or that does not answer. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { desktopHome, startDesktop, type DesktopApp, type DesktopHome } from './desktopApp.ts'

let home: DesktopHome
let desktop: DesktopApp
beforeAll(async () => {
  home = await desktopHome({})
  desktop = await startDesktop(home)
  await desktop.page.getByRole('link', { name: 'DAGs', exact: true }).waitFor()
})
afterAll(async () => {
  await desktop?.close()
  await home?.remove()
})

interface Faults {
  asked: string[]
  buttons: string[]
}
/** Answers each question with the button of that place, and notes what was asked. */
const answerWith = (response: number): Promise<void> =>
  desktop.app.evaluate(({ dialog }, button) => {
    const faults = globalThis as unknown as Partial<Faults>
    faults.asked = []
    dialog.showMessageBox = ((_: unknown, { message, buttons }: { message: string; buttons: string[] }) => {
      faults.asked?.push(message)
      faults.buttons = buttons
      return Promise.resolve({ response: button, checkboxChecked: false })
    }) as unknown as typeof dialog.showMessageBox
  }, response)
const asked = (): Promise<string[]> => desktop.app.evaluate(() => (globalThis as unknown as Faults).asked)
/** By the app: a page that was loaded into a new process is another one to the test's driver. */
const words = (): Promise<string> =>
  desktop.app.evaluate(({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]?.webContents
    if (contents === undefined || contents.isCrashed() || contents.isLoading()) return ''
    // A process that ends before it answers answers never.
    const late = new Promise<string>((resolve) => setTimeout(resolve, 2_000, ''))
    return Promise.race([late, contents.executeJavaScript('document.body.innerText').then(String, () => '')])
  })
const crash = (): Promise<void> =>
  desktop.app.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer()
  })

describe('a page', () => {
  it('that is busy is not taken for one without changes', async () => {
    await answerWith(0)
    // Busy from before the app asks until long after it gave up: it asks behind this timer.
    await desktop.page.evaluate(() => {
      setTimeout(() => {
        const until = performance.now() + 10_000
        while (performance.now() < until);
      }, 0)
    })
    await desktop.app.evaluate(({ app }) => {
      app.quit()
    })
    await expect.poll(asked, { timeout: 20_000 }).toEqual(['This page does not answer.'])
    await expect.poll(words, { timeout: 40_000 }).toContain('DAGs')
  })

  it('whose process ended is loaded again; the second time in a row the person is asked', async () => {
    await answerWith(0)
    await crash()
    await expect.poll(words, { timeout: 40_000 }).toContain('DAGs')
    expect(await asked()).toEqual([])
    await crash()
    await expect.poll(asked, { timeout: 20_000 }).toEqual(['The page has ended unexpectedly again.'])
    await expect.poll(words, { timeout: 40_000 }).toContain('DAGs')
  })
})
