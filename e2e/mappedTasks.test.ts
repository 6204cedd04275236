/** A mapped task, on the pages that lead to it: its instances, and one of them. On a real server. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { screenProblems } from './accessibility.ts'
import { startRealServer, type RealServer } from './realServer.ts'

const MAPPED = `
from airflow.sdk import dag, task

@dag(schedule=None, catchup=False)
def mapped():
    @task
    def files():
        return ["a", "b", "c"]

    @task
    def measure(name):
        print("measured", name)

    measure.expand(name=files())

mapped()
`
const RUN = { dag_id: 'mapped', run_id: 'first' }
let server: RealServer

beforeAll(async () => {
  server = await startRealServer({ dags: { 'mapped.py': MAPPED } })
  await server.api.triggerDag({ params: { dag_id: 'mapped' }, body: { run_id: 'first' } })
  await vi.waitFor(async () => expect((await server.api.getRun({ params: RUN })).end_time).not.toBeNull(), {
    timeout: 60_000,
    interval: 200,
  })
})
afterAll(async () => {
  await server.stop()
})

it.each([
  ['graph', '/dags/mapped/graph?run=first&task=measure'],
  ['grid', '/dags/mapped?run=first&task=measure'],
  ['page of the task', '/dags/mapped/runs/first/tasks/measure'],
])('opened from the %s shows its instances, each with its own log', async (_name, path) => {
  const page = await server.open(path)
  await page.getByRole('button', { name: '[2]' }).click()
  await page.getByText('measured c').waitFor()
  expect(new URL(page.url()).searchParams.get('map')).toBe('2')
  await page.context().close()
})

it('clears the instance that is open, and no other', async () => {
  const page = await server.open('/dags/mapped/runs/first/tasks/measure?map=1')
  await page.getByRole('button', { name: 'Clear …' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('measure').first().waitFor()
  const [one] = (await server.api.clearRun({ params: RUN, body: { task_ids: ['measure'], map_index: 1, dry_run: true } })).task_instances
  expect(one).toMatchObject({ task_id: 'measure', map_index: 1 })
  await dialog.getByRole('button', { name: 'Clear 1', exact: true }).click()
  const tries = async () =>
    (await server.api.listTaskInstances({ params: RUN, query: { task_id: 'measure' } })).data.map(({ try_number }) => try_number)
  await expect.poll(tries, { timeout: 20_000 }).toEqual([1, 2, 1])
  await page.context().close()
})

it('says that a task is not there only where that is so, and has no accessibility violation', async () => {
  const missing = await server.open('/dags/mapped/graph?run=first&task=nothing')
  await missing.getByText('This task instance does not exist').waitFor()
  await missing.context().close()
  const found = await screenProblems((path, options) => server.open(path, options), {
    'a mapped task': {
      path: '/dags/mapped/runs/first/tasks/measure',
      ready: (page) => page.getByRole('button', { name: '[0]' }).waitFor(),
    },
    'one of its instances': {
      path: '/dags/mapped/runs/first/tasks/measure?map=1&tab=instances',
      ready: (page) => page.getByRole('button', { name: '[1]' }).waitFor(),
    },
  })
  expect(found).toEqual([])
  expect(server.problems).toEqual([])
})
