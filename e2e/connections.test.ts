/** Connections from the page to the task: kept without being shown, used by a DAG file as it is imported and by its tasks, masked in logs. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { overflowOf, screenProblems, violationsOf } from './accessibility.ts'
import { startRealServer, type RealServer } from './realServer.ts'

const DATABASE = join(mkdtempSync(join(tmpdir(), 'vortex-connections-')), 'warehouse.db')
const DAGS = {
  'uses.py': `
from datetime import datetime
from airflow import DAG
from airflow.hooks.base import BaseHook
from airflow.operators.python import PythonOperator
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator

def show():
    found = BaseHook.get_connection("api")
    print("password", found.password, "token", found.extra_dejson["api_token"], "host", found.host)

with DAG("uses", schedule=None, start_date=datetime(2026, 1, 1), catchup=False):
    PythonOperator(task_id="show", python_callable=show) >> SQLExecuteQueryOperator(
        task_id="count", conn_id="warehouse", split_statements=True,
        sql="create table if not exists t (n); insert into t values (1), (2); select sum(n) from t",
    )
`,
  'atImport.py': `
from datetime import datetime
from airflow import DAG
from airflow.hooks.base import BaseHook
from airflow.operators.bash import BashOperator
from airflow.exceptions import AirflowNotFoundException

try:
    host = BaseHook.get_connection("api").host
except AirflowNotFoundException:
    host = "unknown"
with DAG("at_import", description=f"host {host}", schedule=None, start_date=datetime(2026, 1, 1)):
    BashOperator(task_id="t", bash_command="true")
`,
}
const VERA = { username: 'vera', password: 'vera looks only' }
const OTTO = { username: 'otto', password: 'otto turns knobs' }
const SECRETS = ['hunter22-password', 't0ken-value']

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
const description = async () => (await server.api.getDag({ params: { dag_id: 'at_import' } })).description

async function runOf(run_id: string): Promise<void> {
  await server.api.triggerDag({ params: { dag_id: 'uses' }, body: { run_id } })
  const state = async () => (await server.api.getRun({ params: { dag_id: 'uses', run_id } })).state
  await expect.poll(state, { timeout: 60_000 }).toBe('success')
}
async function logOf(run_id: string): Promise<string> {
  const log = await server.api.getLog({ params: { dag_id: 'uses', run_id, task_id: 'show' }, query: {} })
  return JSON.stringify(log)
}

it('are added by an Admin, reach tasks and imports, and show no secret anywhere', async () => {
  expect(await description()).toBe('host unknown')
  const page = await server.open('/admin/connections')
  await page.getByText('No connection yet').waitFor()
  await page.getByRole('button', { name: 'New connection' }).first().click()
  const made = dialogOf(page, 'New connection')
  const type = made.getByRole('textbox', { name: 'Type' }).or(made.getByRole('combobox', { name: 'Type' }))
  await made.getByRole('button', { name: 'Create' }).click()
  await made.getByText('A value is needed.').first().waitFor()
  await made.getByRole('textbox', { name: 'Id', exact: true }).fill('api')
  await type.fill('aws')
  expect(await made.getByLabel('Host').count()).toBe(0)
  await made.getByLabel('Secret access key').waitFor()
  await type.fill('http')
  await made.getByLabel('Host').fill('api.example')
  await made.getByRole('textbox', { name: 'Password' }).fill('hunter22-password')
  await made.getByLabel('Extra').fill('{"api_token": ')
  await made.getByText('This is no JSON object', { exact: false }).waitFor()
  await made.getByLabel('Extra').fill('{"api_token": "t0ken-value", "region": "eu"}')
  await made.getByRole('button', { name: 'Create' }).click()
  await made.waitFor({ state: 'hidden' })
  await page.getByRole('row').filter({ hasText: 'api' }).getByText('http', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'New connection' }).click()
  await made.getByRole('textbox', { name: 'Id', exact: true }).fill('warehouse')
  await made.getByText('URI', { exact: true }).click()
  await made.getByRole('textbox', { name: 'URI' }).fill('sqlite')
  await made.getByRole('button', { name: 'Create' }).click()
  await made.getByText('A connection looks like', { exact: false }).waitFor()
  await made.getByRole('textbox', { name: 'URI' }).fill(`sqlite://${encodeURIComponent(DATABASE)}`)
  await page.keyboard.press('Enter')
  await made.getByRole('button', { name: 'Create' }).click()
  await made.waitFor({ state: 'hidden' })
  await page.getByText('2 connections', { exact: true }).waitFor()

  await expect.poll(description, { timeout: 30_000 }).toBe('host api.example')
  await runOf('first')
  expect(await logOf('first')).toContain('password *** token *** host api.example')
  const xcom = await server.api.getXcom({ params: { dag_id: 'uses', run_id: 'first', task_id: 'count', key: 'return_value' }, query: {} })
  expect(JSON.stringify(xcom)).toContain('3')

  await page.getByRole('button', { name: 'Edit api' }).click()
  const edited = dialogOf(page, 'Edit api')
  expect(await edited.getByRole('textbox', { name: 'Password' }).inputValue()).toBe('')
  expect(await edited.getByLabel('Extra').inputValue()).toBe('{"api_token":"***","region":"eu"}')
  expect(await violationsOf(page)).toEqual([])
  await page.setViewportSize({ width: 400, height: 860 })
  expect(await overflowOf(page)).toBeLessThanOrEqual(0)
  await edited.getByLabel('Host').fill('moved.example')
  await edited.getByRole('button', { name: 'Save' }).click()
  await edited.waitFor({ state: 'hidden' })
  await expect.poll(description, { timeout: 30_000 }).toBe('host moved.example')
  await runOf('second')
  const log = await logOf('second')
  expect(log).toContain('password *** token *** host moved.example')
  const seen = (await page.content()) + log + JSON.stringify(await server.api.getConnection({ params: { conn_id: 'api' } }))
  for (const secret of SECRETS) expect(seen).not.toContain(secret)
  await page.context().close()
}, 240_000)

it('are a list of ids and types for an Operator, and not there for a Viewer', async () => {
  const page = await server.open('/admin/connections', { as: OTTO })
  await page.getByRole('row').filter({ hasText: 'warehouse' }).waitFor()
  expect(await page.getByRole('button', { name: /^(Edit|Delete|New)/ }).count()).toBe(0)
  await page.context().close()
  const viewer = await server.open('/admin/connections', { as: VERA })
  await viewer.getByText('This page is for the role Operator').waitFor()
  await viewer.context().close()
})

it('has no accessibility violation, fits a narrow window, and deletes after a question', async () => {
  const ready = (page: Page) => page.getByRole('row').filter({ hasText: 'warehouse' }).waitFor()
  expect(await screenProblems(server.open, { connections: { path: '/admin/connections', ready } })).toEqual([])
  const page = await server.open('/admin/connections?search=ware')
  await page.getByRole('button', { name: 'Delete warehouse' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByText('No connection fits').waitFor()
  await page.getByRole('button', { name: 'Clear the search' }).click()
  await page.getByText('1 connection', { exact: true }).waitFor()
  expect(server.problems).toEqual([])
  await page.context().close()
}, 120_000)
