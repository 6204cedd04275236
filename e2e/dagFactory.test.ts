/** YAML DAG files in the code editor, on a real server: errors at their places, completion by the schema, a new file, a run. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { startRealServer, type RealServer } from './realServer.ts'

const SHOP = `dags:
  shop:
    tasks:
      first:
        operator: bash
        bash_command: echo one
      second:
        operator: bash
        bash_command: echo two
        dependencies: first
`

let server: RealServer
let page: Page

beforeAll(async () => {
  server = await startRealServer({ dags: { 'shop.yaml': SHOP, 'settings.yaml': 'limit: 3\n' } })
}, 180_000)
afterEach(() => page.context().close())
afterAll(() => server.stop(), 60_000)

const box = (path: string) => page.getByRole('textbox', { name: `Text of ${path}` })
const graph = () => page.getByRole('region', { name: 'Graph of the edited text' })
const task = (id: string) => graph().locator(`.react-flow__node[data-id="${id}"]`)
const options = () => page.locator('.cm-tooltip-autocomplete')
const problems = () => page.getByRole('region', { name: 'Problems' })
async function typeAtEnd(path: string, text: string): Promise<void> {
  await box(path).click()
  await page.keyboard.press('Control+End')
  await page.keyboard.insertText(text)
}
/** With the mouse: a key that comes too early after the list opened would go into the text. */
const take = (label: string) => options().locator('li').getByText(label, { exact: true }).click()

it('marks each problem at its place, shows the graph of what is mended, and runs what was saved', async () => {
  page = await server.open('/dags/shop/code')
  await task('second').getByText('BashOperator').waitFor()
  await typeAtEnd('shop.yaml', '      third: { operator: bsh, dependencies: secnd }\n')
  await problems().getByText('Did you mean `bash`?').waitFor()
  await problems().getByText('The upstream `secnd` does not exist in this DAG. Did you mean `second`?').waitFor()
  expect(await problems().getByText('line 11').count()).toBe(2)
  const marks = page.locator('.cm-lintRange-error')
  await expect.poll(() => marks.allInnerTexts()).toEqual(['bsh', 'secnd'])
  expect(await task('third').count()).toBe(0)
  // The click goes to the place.
  await problems().getByRole('button', { name: 'Did you mean `bash`?' }).click()
  await expect.poll(() => page.locator('.cm-activeLine').first().innerText()).toContain('third:')
  await page.keyboard.press('End')
  await page.keyboard.press('Shift+Home')
  await page.keyboard.insertText('third: { operator: empty, dependencies: second }')
  await task('third').getByText('new', { exact: true }).waitFor()
  await problems().getByText('No problems').waitFor()
  await page.keyboard.press('Control+s')
  await page.getByText('Saved as version 2 of shop').waitFor()
  expect(await readFile(join(server.dags_folder, 'shop.yaml'), 'utf8')).toContain('third: { operator: empty, dependencies: second }')
  await server.api.triggerDag({ params: { dag_id: 'shop' }, body: { run_id: 'after_the_edit' } })
  await expect
    .poll(async () => (await server.api.getRun({ params: { dag_id: 'shop', run_id: 'after_the_edit' } })).state, { timeout: 30_000 })
    .toBe('success')
  expect(server.problems).toEqual([])
}, 90_000)

it('completes keys, operators, and the arguments of the operator that was chosen', async () => {
  page = await server.open('/files/shop.yaml')
  await task('second').waitFor()
  await typeAtEnd('shop.yaml', '      last:\n        ')
  await page.keyboard.type('oper')
  await take('operator')
  await page.keyboard.type('bas')
  await options().getByText('bash_sensor', { exact: true }).waitFor()
  await take('bash')
  await page.keyboard.press('Enter')
  await page.keyboard.type('bash_c')
  await page.locator('.cm-completionInfo').getByText('A command, or the name of a').waitFor()
  await take('bash_command')
  await page.keyboard.insertText('echo last')
  await task('last').getByText('new', { exact: true }).waitFor()
  expect(await box('shop.yaml').innerText()).toMatch(/last:\n +operator: bash\n +bash_command: echo last/)
  expect(server.problems).toEqual([])
}, 60_000)

it('makes a new file from the template, and leaves YAML of other kinds alone', async () => {
  page = await server.open('/files')
  await page.getByRole('button', { name: 'New file' }).click()
  const dialog = page.getByRole('dialog', { name: 'New DAG file' })
  await dialog.getByRole('textbox', { name: 'Path below the DAG folder' }).fill('team/fresh.yaml')
  await expect.poll(() => dialog.getByRole('radio', { name: 'A DAG as YAML' }).isChecked()).toBe(true)
  await dialog.getByRole('button', { name: 'Open in the editor' }).click()
  await task('publish').waitFor()
  await problems().getByText('No problems').waitFor()
  await page.keyboard.press('Control+s')
  await page.getByText('Saved as version 1 of fresh').waitFor()

  await page.context().close()
  page = await server.open('/files/settings.yaml')
  await box('settings.yaml').waitFor()
  await typeAtEnd('settings.yaml', 'more: [1, 2]\n')
  await problems().getByText('No problems').waitFor()
  expect(await graph().count()).toBe(0)
  expect(server.problems).toEqual([])
}, 60_000)
