/** Ending the desktop app while a task runs: finished first, or left to the worker and found again by a link. */
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { desktopHome, startDesktop, type DesktopApp, type DesktopHome } from './desktopApp.ts'

const SLOW = `
from vortex import DAG, BashOperator
with DAG('slow', schedule=None):
    wait = BashOperator(task_id='wait', bash_command='while [ ! -e {{ params.go }} ]; do sleep 0.1; done', params={'go': '/nowhere'}, retries=0)
    wait >> BashOperator(task_id='after', bash_command='true')
`
const CHOICES = ['drain', 'leave', 'stop', 'cancel'] as const

let home: DesktopHome
const started: DesktopApp[] = []
beforeAll(async () => {
  home = await desktopHome({ 'slow.py': SLOW })
})
afterAll(async () => {
  for (const desktop of started) await desktop.close()
  await home?.remove()
})

async function start(args: readonly string[] = []): Promise<DesktopApp> {
  const desktop = await startDesktop(home, args)
  started.push(desktop)
  return desktop
}

/** A run whose task waits for a file. */
async function runningTask(desktop: DesktopApp, go: string): Promise<string> {
  await expect.poll(() => desktop.request<{ total: number }>('GET', '/api/dags').then(({ total }) => total), { timeout: 40_000 }).toBe(1)
  const { run_id } = await desktop.request<{ run_id: string }>('POST', '/api/dags/slow/trigger', { conf: { go } })
  const running = (): Promise<number> => desktop.request<{ running: number }>('GET', '/api/swarm/status').then((status) => status.running)
  await expect.poll(running, { timeout: 40_000 }).toBe(1)
  return run_id
}

/** Asks the app to end, and answers its question by the place of the button. */
async function quit(desktop: DesktopApp, choice: (typeof CHOICES)[number] | number): Promise<void> {
  const asked = desktop.app.evaluate(
    ({ app, dialog }, response) => {
      const asked: string[] = []
      Object.assign(globalThis, { asked })
      dialog.showMessageBox = ((_: unknown, { message }: { message: string }) => {
        asked.push(message)
        return Promise.resolve({ response, checkboxChecked: false })
      }) as unknown as typeof dialog.showMessageBox
      app.quit()
    },
    typeof choice === 'number' ? choice : CHOICES.indexOf(choice),
  )
  // The app may be gone before it answers.
  const gone = (error: unknown): void => {
    if (!/closed/.test(String(error))) throw error
  }
  await Promise.race([asked.catch(gone), once(desktop.app.process(), 'exit')])
}

const tasksOf = async (desktop: DesktopApp, run_id: string): Promise<Record<string, string>> => {
  const path = `/api/dags/slow/runs/${encodeURIComponent(run_id)}/tasks`
  const { data } = await desktop.request<{ data: { task_id: string; state: string }[] }>('GET', path)
  return Object.fromEntries(data.map(({ task_id, state }) => [task_id, state]))
}

describe('quitting while a task runs', () => {
  it('asks, waits for the task, and ends; another start goes on with what follows', async () => {
    const first = await start()
    const go = join(home.folder, 'first')
    const run_id = await runningTask(first, go)
    await quit(first, 'cancel')
    await expect.poll(() => first.app.evaluate(() => (globalThis as unknown as { asked: string[] }).asked)).toEqual(['A task is running.'])
    await quit(first, 'drain')
    await first.page.getByText('VORTEX quits when 1 running task has ended.').waitFor()
    await writeFile(go, '')
    await first.ended()

    const second = await start([`vortex://local/dags/slow/runs/${encodeURIComponent(run_id)}`])
    expect(second.page.url()).toContain(`/dags/slow/runs/`)
    await expect.poll(() => tasksOf(second, run_id), { timeout: 40_000 }).toEqual({ wait: 'success', after: 'success' })

    // Left running: the app is gone at once, the task is not.
    const later = join(home.folder, 'second')
    const left = await runningTask(second, later)
    await quit(second, 'leave')
    await second.ended()
    const third = await start()
    await expect.poll(() => tasksOf(third, left), { timeout: 40_000 }).toMatchObject({ wait: 'running' })
    await writeFile(later, '')
    await expect.poll(() => tasksOf(third, left), { timeout: 40_000 }).toEqual({ wait: 'success', after: 'success' })
    expect(third.problems).toEqual([])

    // A page with changes that would be lost keeps the app open until the person says otherwise.
    await third.page.evaluate(() => {
      window.addEventListener('beforeunload', (event) => {
        event.preventDefault()
      })
    })
    const asked = () => third.app.evaluate(() => (globalThis as unknown as { asked: string[] }).asked)
    await quit(third, 0)
    await expect.poll(asked).toEqual(['This page has changes that are not saved.'])
    await quit(third, 1)
    await third.ended()
  })
})
