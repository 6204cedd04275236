/** What holds of every dialog: the focus comes back to what opened it, and typed work is not lost by a slip. */
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startRealServer, type RealServer } from './realServer.ts'

const DAG = `from datetime import datetime
from airflow import DAG
from airflow.operators.empty import EmptyOperator

with DAG("orders", start_date=datetime(2026, 1, 1), schedule=None):
    EmptyOperator(task_id="only")
`

let server: RealServer
beforeAll(async () => {
  server = await startRealServer({ dags: { 'orders.py': DAG, 'broken.py': 'from airflow import DAG\nwith DAG(\n' } })
  await server.api.setVariable({ params: { key: 'region' }, body: { value: 'eu' } })
}, 120_000)
afterAll(async () => {
  await server?.stop()
}, 60_000)

const focused = (target: Locator) => expect.poll(() => target.evaluate((element) => element === document.activeElement)).toBe(true)

/** Beside every dialog, and on nothing that a click would do something with. */
const clickBeside = (page: Page) => page.mouse.click(700, 880)

it('gives the focus back to what opened it', async () => {
  const page = await server.open('/admin/variables')
  const create = page.getByRole('button', { name: 'New variable' })
  await create.press('Enter')
  await focused(page.getByRole('dialog').getByLabel('Key'))
  await page.keyboard.press('Escape')
  await focused(create)
  const bin = page.getByRole('button', { name: 'Delete region' })
  await bin.press('Enter')
  await focused(page.getByRole('dialog').getByRole('button', { name: 'Cancel' }))
  await page.keyboard.press('Enter')
  await focused(bin)
  // Nothing in it wants the focus: it is the dialog's own.
  await page.keyboard.press('?')
  await focused(page.getByRole('dialog', { name: 'Keyboard shortcuts' }))
  await clickBeside(page)
  await focused(bin)
  await page.context().close()
})

it('gives it to the button of a menu, whose entry is gone, and of a drawer', async () => {
  const page = await server.open('/admin/workers')
  const actions = page.getByRole('button', { name: /^Actions on/ })
  await actions.press('Enter')
  await page.getByRole('menuitem', { name: 'Drain …' }).click()
  await page.getByRole('dialog', { name: /^Drain/ }).waitFor()
  await page.keyboard.press('Escape')
  await focused(actions)
  await page.goto('/dags')
  const show = page.getByRole('button', { name: 'Show' })
  await show.press('Enter')
  const drawer = page.getByRole('dialog')
  await drawer.getByRole('button', { name: /broken.py/ }).waitFor()
  await focused(drawer)
  // A search is emptied first, and is no work.
  await drawer.getByRole('searchbox').fill('brok')
  await page.keyboard.press('Escape')
  expect(await drawer.getByRole('searchbox').inputValue()).toBe('')
  await page.keyboard.press('Escape')
  await focused(show)
  await page.context().close()
})

it('keeps what was typed when a click goes beside it, and asks before Esc or the close button discard it', async () => {
  const page = await server.open('/admin/variables')
  const create = page.getByRole('button', { name: 'New variable' })
  await create.click()
  const dialog = page.getByRole('dialog', { name: 'New variable' })
  const key = dialog.getByLabel('Key')
  await key.fill('bucket')
  await clickBeside(page)
  await page.keyboard.press('Escape')
  const question = page.getByRole('dialog', { name: 'Discard what you have typed?' })
  await focused(question.getByRole('button', { name: 'Keep editing' }))
  // The same key for the question alone.
  await page.keyboard.press('Escape')
  await question.waitFor({ state: 'detached' })
  expect(await key.inputValue()).toBe('bucket')
  await dialog.getByRole('button', { name: 'Close' }).click()
  await question.getByRole('button', { name: 'Discard' }).click()
  await dialog.waitFor({ state: 'detached' })
  await focused(create)
  // What is as it was is no work.
  await create.click()
  await key.fill('x')
  await key.fill('')
  await clickBeside(page)
  await dialog.waitFor({ state: 'detached' })
  await page.context().close()
})

it('asks before a note is dropped', async () => {
  await server.api.triggerDag({ params: { dag_id: 'orders' }, body: { run_id: 'noted' } })
  const page = await server.open('/dags/orders/runs/noted?view=details')
  const add = page.getByRole('button', { name: 'Add a note' })
  const note = page.getByRole('textbox', { name: 'Note' })
  await add.click()
  await page.keyboard.press('Escape')
  await add.click()
  await note.fill('The source was late.')
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  expect(await note.inputValue()).toBe('The source was late.')
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click()
  await add.waitFor()
  expect(server.problems).toEqual([])
  await page.context().close()
})
