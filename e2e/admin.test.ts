/** The admin pages: workers, pools, variables, secrets, users, API keys, my account, system; and what each role sees of them. */
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { screenProblems } from './accessibility.ts'
import { startRealServer, type RealServer } from './realServer.ts'

const DAGS = {
  'busy.py': `
from datetime import datetime
from airflow.sdk import DAG, Variable
from airflow.operators.bash import BashOperator

where = Variable.get("where", default_var="nowhere")
with DAG("busy", schedule=None, start_date=datetime(2026, 1, 1)):
    BashOperator(task_id="load", bash_command="sleep 300", pool="warehouse")
`,
}
const VERA = { username: 'vera', password: 'vera looks only' }
const OTTO = { username: 'otto', password: 'otto turns knobs' }

let server: RealServer
beforeAll(async () => {
  server = await startRealServer({ dags: DAGS })
  await server.api.createUser({ body: { ...VERA, role: 'Viewer' } })
  await server.api.createUser({ body: { ...OTTO, role: 'Operator' } })
}, 180_000)
afterAll(async () => {
  await server?.stop()
}, 60_000)

const dialogOf = (page: Page, name: string) => page.getByRole('dialog', { name })

describe('pools', () => {
  it('are made, changed and deleted, and name what waits for them', async () => {
    const page = await server.open('/admin/pools')
    await page.getByRole('button', { name: 'New pool' }).click()
    const made = dialogOf(page, 'New pool')
    await made.getByRole('button', { name: 'Create' }).click()
    await made.getByText('A value is needed.').waitFor()
    await made.getByLabel('Name').fill('default_pool')
    await made.getByRole('button', { name: 'Create' }).click()
    await made.getByText('There is a pool "default_pool" already.').waitFor()
    await made.getByLabel('Name').fill('warehouse')
    await made.getByRole('textbox', { name: 'Slots' }).fill('1')
    await page.keyboard.press('Enter')
    await made.waitFor({ state: 'hidden' })
    for (const run_id of ['first', 'second']) await server.api.triggerDag({ params: { dag_id: 'busy' }, body: { run_id } })
    // Live: nobody touches the page.
    await page.getByRole('row').filter({ hasText: 'warehouse' }).getByText('1 of 1').waitFor()
    await page.getByRole('button', { name: 'Waiting: 1 task' }).click()
    const tasks = page.getByRole('row').filter({ hasText: 'warehouse' }).getByRole('listitem')
    await expect.poll(() => tasks.count()).toBe(2)
    expect(await tasks.first().textContent()).toContain('running')
    await tasks.nth(1).getByRole('link').click()
    await page.waitForURL(/\/dags\/busy\/runs\/(first|second)\/tasks\/load/)
    await page.goto('/admin/pools')
    await page.getByRole('button', { name: 'Edit warehouse' }).click()
    await dialogOf(page, 'Edit warehouse').getByRole('textbox', { name: 'Slots' }).fill('2')
    await page.keyboard.press('Enter')
    await page.getByRole('row').filter({ hasText: 'warehouse' }).getByText('2 of 2').waitFor()
    expect(await page.getByRole('button', { name: 'Delete default_pool' }).isDisabled()).toBe(true)
    await page.context().close()
  })
})

describe('workers', () => {
  it('show what they run, and are drained after a question and resumed', async () => {
    const page = await server.open('/admin/workers')
    await page.getByRole('button', { name: /^Tasks of/ }).click()
    await page.getByRole('link', { name: 'busy · load' }).first().waitFor()
    await page.getByRole('button', { name: /^Actions on/ }).click()
    await page.getByRole('menuitem', { name: 'Drain …' }).click()
    const question = page.getByRole('dialog', { name: /^Drain/ })
    await question.getByText('It finishes 2 tasks and takes nothing new.').waitFor()
    await question.getByText('It is the only active worker', { exact: false }).waitFor()
    await question.getByRole('button', { name: 'Drain' }).click()
    await page.getByText('draining', { exact: true }).waitFor()
    await page.getByRole('button', { name: /^Actions on/ }).click()
    await page.getByRole('menuitem', { name: 'Resume' }).click()
    await page.getByText('active', { exact: true }).waitFor()
    await page.context().close()
  })
})

describe('variables', () => {
  it('are imported after their plan was shown, searched, masked and exported', async () => {
    const page = await server.open('/admin/variables')
    await page.getByText('No variable yet').waitFor()
    await page.getByRole('button', { name: 'Import' }).click()
    const dialog = dialogOf(page, 'Import variables')
    const text = dialog.getByLabel('or paste it')
    await text.fill('{"where": ')
    await dialog.getByText('This is not JSON', { exact: false }).waitFor()
    const file = join(tmpdir(), `vortex-variables-${process.pid}.json`)
    const many = Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`setting_${String(at).padStart(3, '0')}`, { at }]))
    await writeFile(file, JSON.stringify({ where: 'here', db_password: 'hush', ...many }))
    await dialog.locator('input[type=file]').setInputFiles(file)
    await dialog.getByText('152 new, 0 overwritten, 0 left alone').waitFor()
    await dialog.getByRole('button', { name: 'Import 152 variables' }).click()
    await page.getByText('152 variables', { exact: true }).waitFor()
    await page.getByRole('row').filter({ hasText: 'db_password' }).getByText('hidden').waitFor()
    expect(await page.content()).not.toContain('hush')
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export' }).click()])
    const exported = JSON.parse(await readFile(await download.path(), 'utf8')) as Record<string, unknown>
    expect([Object.keys(exported).length, exported['where'], exported['db_password']]).toEqual([151, 'here', undefined])
    await page.getByRole('searchbox').fill('where')
    await page.getByText('1 variable', { exact: true }).waitFor()
    expect(new URL(page.url()).searchParams.get('search')).toBe('where')
    await page.getByRole('button', { name: 'where', exact: true }).click()
    await page.getByRole('link', { name: 'busy' }).waitFor()
    await page.getByRole('button', { name: 'Edit where' }).click()
    await dialogOf(page, 'Edit where').getByLabel('Value').fill('there')
    await dialogOf(page, 'Edit where').getByRole('button', { name: 'Save' }).click()
    await page.getByText('there', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'New variable' }).click()
    const made = dialogOf(page, 'New variable')
    await made.getByLabel('Key').fill('where')
    await made.getByLabel('Value').fill('by mistake')
    await made.getByRole('button', { name: 'Create' }).click()
    await made.getByText('There is a variable "where" already.').waitFor()
    // The offer is for that key alone.
    await made.getByLabel('Key').fill('wherever')
    expect(await made.getByRole('button', { name: /^Replace/ }).count()).toBe(0)
    await made.getByLabel('Key').fill('where')
    await made.getByRole('button', { name: 'Replace where' }).click()
    await made.waitFor({ state: 'hidden' })
    await page.getByText('by mistake', { exact: true }).waitFor()
    // A row stands below its name where the window is narrow.
    await page.setViewportSize({ width: 400, height: 860 })
    const cells = page.getByRole('row').filter({ hasText: 'by mistake' }).getByRole('cell')
    const leftOnes = () =>
      cells.evaluateAll(
        (all) => all.filter((cell) => Math.round(cell.getBoundingClientRect().left) === 14 && cell.clientWidth > 250).length,
      )
    // Name, value, change and what uses it; the navigation slides away first.
    await expect.poll(leftOnes).toBe(4)
    await page.setViewportSize({ width: 1440, height: 900 })
    await page.getByRole('button', { name: 'Delete where' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByText('No variable fits').waitFor()
    await page.context().close()
  })
})

describe('secrets', () => {
  it('go in and are never shown', async () => {
    const page = await server.open('/admin/secrets')
    await page.getByText('No secret yet').waitFor()
    await page.getByRole('button', { name: 'New secret' }).first().click()
    const dialog = dialogOf(page, 'New secret')
    await dialog.getByLabel('Name').fill('SLACK')
    await dialog.getByRole('textbox', { name: 'Value' }).fill('first value')
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'hidden' })
    await page.getByRole('button', { name: 'Replace the value of SLACK' }).click()
    const replace = dialogOf(page, 'Replace the value of SLACK')
    expect(await replace.getByRole('textbox', { name: 'Value' }).inputValue()).toBe('')
    await replace.getByRole('textbox', { name: 'Value' }).fill('second value')
    await page.keyboard.press('Enter')
    await replace.waitFor({ state: 'hidden' })
    expect(await page.content()).not.toContain('second value')
    await page.getByRole('button', { name: 'New secret' }).click()
    await dialog.getByLabel('Name').fill('SLACK')
    await dialog.getByRole('textbox', { name: 'Value' }).fill('third value')
    await page.keyboard.press('Enter')
    await dialog.getByText('There is a secret "SLACK" already.').waitFor()
    await dialog.getByRole('button', { name: 'Replace SLACK' }).click()
    await dialog.waitFor({ state: 'hidden' })
    await page.getByRole('button', { name: 'Delete SLACK' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByText('No secret yet').waitFor()
    await page.context().close()
  })
})

describe('users and their keys', () => {
  it('are made with errors at their fields; the last Admin stays', async () => {
    const page = await server.open('/admin/users')
    await page.getByRole('button', { name: 'New user' }).click()
    const dialog = dialogOf(page, 'New user')
    await dialog.getByLabel('User name').fill('no spaces')
    await dialog.getByRole('textbox', { name: 'Password' }).fill('short')
    await dialog.getByRole('button', { name: 'Create' }).click()
    await dialog.getByText('Letters, digits and _ . @ - only.').waitFor()
    await dialog.getByText('At least 12 characters.', { exact: true }).waitFor()
    await dialog.getByLabel('User name').fill('nina')
    await dialog.getByRole('textbox', { name: 'Password' }).fill('nina is new here')
    await dialog.getByRole('radio', { name: 'Operator' }).check()
    await dialog.getByRole('button', { name: 'Create' }).click()
    const nina = page.getByRole('row').filter({ hasText: 'nina' })
    await nina.getByText('Operator').waitFor()
    await page.getByRole('button', { name: 'Actions on nina' }).click()
    await page.getByRole('menuitem', { name: 'Role …' }).click()
    await dialogOf(page, 'Role of nina').getByRole('radio', { name: 'Viewer' }).check()
    await dialogOf(page, 'Role of nina').getByRole('button', { name: 'Save' }).click()
    await nina.getByText('Viewer').waitFor()
    await page.getByRole('button', { name: 'Actions on admin' }).click()
    await page.getByText('The last Admin stays', { exact: false }).waitFor()
    expect(await page.getByRole('menuitem', { name: 'Delete …' }).isDisabled()).toBe(true)
    await page.context().close()
  })
  it('get a key that is shown once and works until it is revoked', async () => {
    const page = await server.open('/admin/api-keys', { as: OTTO })
    await page.getByText('No API key yet').waitFor()
    await page.getByRole('button', { name: 'New API key' }).first().click()
    await dialogOf(page, 'New API key').getByLabel('Name').fill('nightly')
    await page.keyboard.press('Enter')
    const key = (await page.getByTestId('api-key').textContent()) ?? ''
    const me = () => fetch(`${server.url}/api/me`, { headers: { authorization: `Bearer ${key}` } })
    expect(await (await me()).json()).toMatchObject({ username: 'otto' })
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'I have copied it' }).click()
    expect(await page.content()).not.toContain(key)
    await page.getByRole('button', { name: 'Revoke nightly' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    await page.getByText('No API key yet').waitFor()
    expect((await me()).status).toBe(401)
    await page.context().close()
  })
  it('change their own password', async () => {
    const page = await server.open('/admin/account', { as: VERA })
    const field = (name: string) => page.getByRole('textbox', { name, exact: true })
    await field('Old password').fill('not this one')
    await field('New password').fill('vera sees it all')
    await field('New password again').fill('vera sees it alo')
    await page.getByRole('button', { name: 'Change password' }).click()
    await page.getByText('The two are not the same.').waitFor()
    await field('New password again').fill('vera sees it all')
    await page.getByRole('button', { name: 'Change password' }).click()
    await page.getByText('The old password is wrong.').waitFor()
    await field('Old password').fill(VERA.password)
    await page.getByRole('button', { name: 'Change password' }).click()
    await page.getByText('Password changed.', { exact: false }).waitFor()
    VERA.password = 'vera sees it all'
    await page.context().close()
  })
})

it('shows a Viewer only what the API gives one', async () => {
  const page = await server.open('/admin/workers', { as: VERA })
  await page.getByRole('heading', { name: 'Workers' }).waitFor()
  const entries = await page.getByRole('navigation', { name: 'Main navigation' }).getByRole('link').allTextContents()
  expect(entries).toEqual(expect.arrayContaining(['Workers', 'Pools', 'API keys', 'System']))
  for (const name of ['Variables', 'Secrets', 'Users']) expect(entries).not.toContain(name)
  expect(await page.getByRole('button', { name: /^Actions on/ }).isDisabled()).toBe(true)
  for (const [path, role] of [
    ['variables', 'Operator'],
    ['secrets', 'Admin'],
    ['users', 'Admin'],
  ] as const) {
    await page.goto(`/admin/${path}`)
    await page.getByText(`This page is for the role ${role}`).waitFor()
  }
  await page.goto('/admin/pools')
  await page.getByText('default_pool', { exact: true }).waitFor()
  expect(await page.getByRole('button', { name: 'New pool' }).count()).toBe(0)
  await page.context().close()
})

it('tells how the system is', async () => {
  const page = await server.open('/admin/system')
  for (const name of ['Database', 'Scheduler', 'DAG files', 'Workers'])
    await page.getByRole('list', { name: 'Health' }).getByText(name, { exact: true }).waitFor()
  const scheduler = page.getByRole('region', { name: 'Scheduler' })
  expect(await scheduler.textContent()).toContain('leads')
  expect(await page.getByRole('region', { name: 'Database' }).textContent()).toContain('SQLite')
  await page.getByRole('region', { name: 'Plugins' }).getByText('HttpOperator, HttpSensor').waitFor()
  await page.context().close()
})

it('has no accessibility violation and fits a narrow window', async () => {
  const ready = (name: string) => async (page: Page) => {
    await page.getByRole('heading', { name, exact: true }).waitFor()
    await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' })
  }
  const found = await screenProblems(server.open, {
    workers: { path: '/admin/workers', ready: ready('Workers') },
    pools: { path: '/admin/pools?open=warehouse', ready: ready('Pools') },
    variables: { path: '/admin/variables', ready: ready('Variables') },
    secrets: { path: '/admin/secrets', ready: ready('Secrets') },
    users: { path: '/admin/users', ready: ready('Users') },
    'API keys': { path: '/admin/api-keys', ready: ready('API keys') },
    system: { path: '/admin/system', ready: (page) => page.getByRole('region', { name: 'Scheduler' }).waitFor() },
    account: { path: '/admin/account', ready: ready('My account') },
  })
  expect(found).toEqual([])
  expect(server.problems).toEqual([])
}, 150_000)
