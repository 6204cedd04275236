/** The code editor on a real server: from a typing error to a run of the new text, conflicts, versions, new files, uploads, roles. */
import { readFileSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { startRealServer, type RealServer } from './realServer.ts'

const dag = (id: string, more = '') => `from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator

with DAG("${id}", schedule=None, start_date=datetime(2026, 1, 1)) as dag:
    first = BashOperator(task_id="first", bash_command="echo one")
    second = BashOperator(task_id="second", bash_command="echo two")
    first >> second
${more}`

let server: RealServer
let page: Page

beforeAll(async () => {
  server = await startRealServer({
    dags: { 'story.py': dag('story'), 'shared.py': dag('shared'), 'looked_at.py': dag('looked_at'), 'data/names.json': '{"a": 1}\n' },
  })
  await server.api.createUser({ body: { username: 'vera', password: 'a long password for vera', role: 'Viewer' } })
}, 180_000)
afterEach(() => page.context().close())
afterAll(() => server.stop(), 60_000)

const box = (path: string) => page.getByRole('textbox', { name: `Text of ${path}` })
const graph = () => page.getByRole('region', { name: 'Graph of the edited text' })
const task = (id: string) => graph().locator(`.react-flow__node[data-id="${id}"]`)
const onDisk = (path: string) => readFile(join(server.dags_folder, path), 'utf8')
async function typeAtEnd(path: string, text: string): Promise<void> {
  await box(path).click()
  await page.keyboard.press('Control+End')
  await page.keyboard.insertText(text)
}

it('shows an error as it is typed, the graph once it is mended, and runs what was saved', async () => {
  page = await server.open('/dags/story/code')
  await task('second').getByText('BashOperator').waitFor()
  await typeAtEnd('story.py', '    third = BashOperator(task_id="third", bash_command="echo three"\n')
  const problems = page.getByRole('region', { name: 'Problems' })
  await problems.getByText("'(' was never closed").waitFor()
  await problems.getByText('line 10').waitFor()
  await page.locator('.cm-lint-marker-error').waitFor()
  expect(await task('third').count()).toBe(0)
  // The click goes to the place; there the bracket is closed.
  await problems.getByRole('button', { name: 'never closed' }).click()
  await page.keyboard.press('End')
  await page.keyboard.insertText(')\n    second >> third')
  await task('third').getByText('new', { exact: true }).waitFor()
  await problems.getByText('No problems').waitFor()
  expect(await page.locator('.cm-lint-marker-error').count()).toBe(0)
  expect(await onDisk('story.py')).toBe(dag('story'))
  await page.getByText('Unsaved changes').waitFor()
  await page.keyboard.press('Control+s')
  await page.getByText('Saved as version 2 of story').waitFor()
  await page.getByRole('status').getByText('version 2 of story', { exact: true }).waitFor()
  expect(await onDisk('story.py')).toContain('second >> third')
  await expect.poll(() => graph().getByText('no change against v2').count()).toBe(1)
  const run = await server.api.triggerDag({ params: { dag_id: 'story' }, body: { run_id: 'after_the_edit' } })
  expect(run.version).toBe(2)
  await expect
    .poll(async () => (await server.api.getRun({ params: { dag_id: 'story', run_id: 'after_the_edit' } })).state, { timeout: 30_000 })
    .toBe('success')
  const ran = await server.api.listTaskInstances({ params: { dag_id: 'story', run_id: 'after_the_edit' } })
  expect(ran.data.map(({ task_id }) => task_id).sort()).toEqual(['first', 'second', 'third'])

  // Back to the first version, the difference first.
  await page.getByRole('button', { name: 'Compare' }).click()
  const compare = page.getByRole('dialog', { name: 'Versions of story.py' })
  await compare.getByText('This version has the very text').waitFor()
  await compare.getByRole('combobox', { name: 'Version to compare with' }).click()
  await page.getByRole('option', { name: 'v1' }).click()
  await compare
    .locator('.cm-merge-b .cm-changedLine', { hasText: 'third >> ' })
    .or(compare.locator('.cm-merge-b .cm-changedLine').first())
    .first()
    .waitFor()
  expect(page.url()).toContain('compare=1')
  await compare.getByRole('button', { name: 'Restore version 1' }).click()
  await page.getByText('Saved as version 3 of story').waitFor()
  expect(await onDisk('story.py')).toBe(dag('story'))
  const noted = await server.server.store.ledgerList({ dag_id: 'story', limit: 50, offset: 0 })
  expect(noted.data.filter(({ kind }) => kind === 'dag_file.saved').map(({ actor }) => actor)).toEqual(['admin', 'admin'])
  expect(server.problems).toEqual([])
}, 90_000)

it('completes operators with their imports, and goes from a task to its line', async () => {
  page = await server.open('/files/shared.py')
  await task('second').waitFor()
  await typeAtEnd('shared.py', '    done = ')
  await page.keyboard.type('EmptyOp')
  await page.locator('.cm-tooltip-autocomplete').getByText('EmptyOperator', { exact: true }).waitFor()
  // A completion is taken only once it could be read.
  await page.waitForTimeout(150)
  await page.keyboard.press('Enter')
  await page.keyboard.type('(tri')
  await page.locator('.cm-tooltip-autocomplete').getByText('trigger_rule=').waitFor()
  await page.waitForTimeout(150)
  await page.keyboard.press('Enter')
  await page.keyboard.type('"all_don')
  await page.locator('.cm-tooltip-autocomplete').getByText('all_done', { exact: true }).waitFor()
  await page.keyboard.press('Escape')
  const text = await box('shared.py').innerText()
  expect(text).toContain('from airflow.operators.empty import EmptyOperator')
  expect(text).toContain('done = EmptyOperator(trigger_rule="all_don")')
  await task('second').click()
  await expect.poll(() => page.locator('.cm-activeLine').first().innerText()).toContain('task_id="second"')
  // Leaving asks; the draft is there again after a reload.
  await page.getByRole('link', { name: 'All files' }).click()
  await page.getByRole('dialog', { name: 'Leave with unsaved changes?' }).getByRole('button', { name: 'Stay' }).click()
  // At once: what was typed last is kept as the page goes.
  await page.reload()
  await page.getByText('A draft that this browser kept').waitFor()
  expect(await box('shared.py').innerText()).toContain('done = EmptyOperator')
  await page.getByRole('button', { name: 'Discard the draft' }).click()
  await expect.poll(() => box('shared.py').innerText()).not.toContain('EmptyOperator')
  expect(await onDisk('shared.py')).toBe(dag('shared'))
  expect(server.problems).toEqual([])
}, 60_000)

it('signs out only after a question if there are drafts, which go with it', async () => {
  page = await server.open('/files/shared.py')
  await task('second').waitFor()
  await typeAtEnd('shared.py', '# mine')
  await page.getByRole('link', { name: 'All files' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Leave, keep the draft' }).click()
  await page.getByRole('heading', { name: 'Files', exact: true }).waitFor()
  const kept = () => page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('vortex.kept:')))
  expect(await kept()).toEqual(['vortex.kept:admin:draft:shared.py'])
  await page.getByRole('button', { name: 'admin · Admin' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  const question = page.getByRole('dialog', { name: 'Sign out and lose what is not saved?' })
  await question.getByText('shared.py', { exact: false }).waitFor()
  await question.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL(/\/sign-in/)
  expect(await kept()).toEqual([])
}, 60_000)

it('shows what somebody else saved, and merges when both edited', async () => {
  page = await server.open('/files/shared.py')
  await task('second').waitFor()
  // Nothing typed here: the new text is simply shown.
  await server.writeDag('shared.py', dag('shared', '    # by a colleague\n'))
  await expect.poll(() => box('shared.py').innerText()).toContain('# by a colleague')
  await typeAtEnd('shared.py', '    # by me\n')
  await server.writeDag('shared.py', dag('shared', '    # by a colleague\n').replace('echo one', 'echo ONE'))
  await page.getByRole('alert').getByText('shared.py was changed elsewhere while you edited it.').waitFor()
  // Saving does not write over it.
  await page.keyboard.press('Control+s')
  const dialog = page.getByRole('dialog', { name: 'shared.py was changed elsewhere' })
  await dialog.locator('.cm-merge-a').getByText('ONE', { exact: false }).first().waitFor()
  expect(await onDisk('shared.py')).not.toContain('# by me')
  // Theirs into mine: the arrow of the first difference.
  await dialog.locator('.cm-merge-revert button').first().click()
  await dialog.getByRole('button', { name: 'Save the merged text' }).click()
  await dialog.waitFor({ state: 'hidden' })
  await expect.poll(() => onDisk('shared.py')).toContain('# by me')
  expect(await onDisk('shared.py')).toContain('echo ONE')
  await page
    .getByText(/version \d+ of shared/)
    .first()
    .waitFor()
  // Or theirs alone.
  await typeAtEnd('shared.py', '    # not wanted\n')
  await server.writeDag('shared.py', dag('shared'))
  await page.getByRole('button', { name: 'Look at both' }).click()
  await dialog.getByRole('button', { name: 'Discard mine, show theirs' }).click()
  await expect.poll(() => box('shared.py').innerText()).not.toContain('# not wanted')
  expect(await onDisk('shared.py')).toBe(dag('shared'))
  expect(server.problems).toEqual([])
}, 60_000)

it('makes a file from a template, moves it and deletes it', async () => {
  page = await server.open('/files')
  await page.getByRole('button', { name: 'New file' }).click()
  const dialog = page.getByRole('dialog', { name: 'New DAG file' })
  await dialog.getByLabel('Path below the DAG folder').fill('../out.py')
  await dialog.getByText('leads out of its folder').waitFor()
  await dialog.getByLabel('Path below the DAG folder').fill('fresh/by_template')
  await dialog.getByLabel('Groups of tasks, one per source').check()
  await dialog.getByRole('button', { name: 'Open in the editor' }).click()
  await graph().getByText('new DAG').waitFor()
  await task('orders.extract').waitFor()
  await expect(stat(join(server.dags_folder, 'fresh'))).rejects.toThrow()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved as version 1 of by_template').waitFor()
  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'Rename or move' }).click()
  await page.getByRole('dialog').getByLabel('New path below the DAG folder').fill('fresh/renamed.py')
  await page.getByRole('dialog').getByRole('button', { name: 'Rename or move' }).click()
  await page.getByRole('heading', { name: 'fresh/renamed.py' }).waitFor()
  await expect.poll(async () => (await server.api.getDag({ params: { dag_id: 'by_template' } })).file).toBe('fresh/renamed.py')
  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'Delete file' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete file' }).click()
  await page.getByRole('heading', { name: 'Files', exact: true }).waitFor()
  await expect.poll(async () => (await server.api.getDag({ params: { dag_id: 'by_template' } })).is_stale).toBe(true)
  expect(server.problems).toEqual([])
}, 60_000)

it('takes dropped files, asks before it overwrites, and says how each ended', async () => {
  page = await server.open('/files')
  await page.getByRole('link', { name: 'data/names.json' }).waitFor()
  const files = { 'dropped.py': dag('dropped'), 'shared.py': dag('shared', '    # dropped\n'), 'tool.exe': 'MZ', 'latin.txt': null }
  const transfer = await page.evaluateHandle((given) => {
    const data = new DataTransfer()
    for (const [name, text] of Object.entries(given)) data.items.add(new File([text ?? new Uint8Array([0x78, 0xe9])], name))
    return data
  }, files)
  const target = page.getByRole('table', { name: 'Files' })
  await target.dispatchEvent('dragenter', { dataTransfer: transfer })
  await page.getByText('Drop files to put them into the DAG folder').waitFor()
  await target.dispatchEvent('drop', { dataTransfer: transfer })
  const dialog = page.getByRole('dialog', { name: 'Upload into the DAG folder' })
  await dialog.getByRole('button', { name: 'Upload 4 files' }).click()
  await dialog.getByText('put there').waitFor()
  await dialog.getByText('is no kind of file').waitFor()
  await dialog.getByText('is no UTF-8 text').waitFor()
  await dialog.getByText('is there already').waitFor()
  expect(await onDisk('shared.py')).toBe(dag('shared'))
  await dialog.getByRole('button', { name: 'Overwrite' }).click()
  await dialog.getByText('replaced').waitFor()
  expect(await onDisk('shared.py')).toContain('# dropped')
  await dialog.locator('button', { hasText: 'Close' }).click()
  await page.getByRole('link', { name: 'dropped', exact: true }).waitFor()
  expect(server.problems).toEqual([])
}, 60_000)

it('is a page to read for a Viewer', async () => {
  page = await server.open('/dags/looked_at/code', { as: { username: 'vera', password: 'a long password for vera' } })
  await page.getByText('echo one').waitFor()
  expect(await page.getByRole('button', { name: 'Save' }).count()).toBe(0)
  await page.getByText('echo one').click()
  await page.keyboard.type('x')
  expect(await page.locator('.cm-content').innerText()).not.toContain('xecho')
  await page.goto('/files/data/names.json')
  await page.getByText('data/names.json defines none', { exact: false }).waitFor()
  await page.goto('/files')
  await page.getByRole('link', { name: 'looked_at.py' }).waitFor()
  expect(await page.getByRole('button', { name: 'New file' }).count()).toBe(0)
  expect(server.problems).toEqual([])
}, 60_000)

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
it.each([
  ['light', 1440],
  ['light', 400],
  ['dark', 1440],
  ['dark', 400],
] as const)(
  'can be used by everybody: %s, %i px',
  async (theme, width) => {
    page = await server.open('/dags/looked_at/code', { theme, width })
    const violations = async (): Promise<string[]> => {
      await page.evaluate(axe)
      return page.evaluate(async () => {
        const { axe } = window as unknown as {
          axe: { run: (node: Document) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
        }
        return (await axe.run(document)).violations.map(
          ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`,
        )
      })
    }
    const isWide = () => page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)
    await box('looked_at.py').waitFor()
    await typeAtEnd('looked_at.py', '    x = undefined_name\n')
    await page.getByRole('region', { name: 'Problems' }).getByText('NameError').waitFor()
    expect([await violations(), await isWide()]).toEqual([[], false])
    if (width === 400) {
      await page.getByRole('button', { name: 'Graph beside the text' }).click()
      await task('second').waitFor()
      // The button's tooltip stands outside every landmark while the pointer is on it.
      await page.mouse.move(5, 600)
      await page.getByRole('tooltip').waitFor({ state: 'hidden' })
      expect([await violations(), await isWide()]).toEqual([[], false])
    }
    await page.getByRole('button', { name: 'Compare' }).click()
    await page.getByRole('dialog').getByText('x = undefined_name').first().waitFor()
    await page.waitForTimeout(300)
    expect([await violations(), await isWide()]).toEqual([[], false])
    await page.keyboard.press('Escape')
    await page.goto('/files')
    await page.getByRole('link', { name: 'looked_at.py' }).waitFor()
    expect([await violations(), await isWide()]).toEqual([[], false])
  },
  60_000,
)
