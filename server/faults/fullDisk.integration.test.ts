/** The disk of the database fills up while tasks run and end: their results wait on the worker, and the user is told. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { VortexError } from '#contract/errors.ts'
import { ControllerProcess } from './harness/controllerProcess.ts'
import { longDag } from './harness/dagShapes.ts'
import { report } from './harness/ledger.ts'
import { smallDisk } from './harness/smallDisk.ts'

test('results of tasks that end on a full disk are kept, and accepted when there is space', { timeout: 120_000 }, async (context) => {
  await using server = await ControllerProcess.create({ capacity: 8 })
  mkdirSync(server.data)
  using disk = smallDisk(server.data, 24)
  if (disk === null) return context.skip()
  const seconds = 8
  server.addDag(longDag({ dag_id: 'long', tasks: 6, seconds, retries: 0 }))
  server.addDag({ dag_id: 'more', retries: 0, tasks: [{ task_id: 't', kind: 'bash', seconds: 0, upstream: [] }] })
  await server.start()
  await server.waitForDags()
  await server.trigger('long')
  await expect.poll(() => server.lines().length, { timeout: 15_000 }).toBe(6)

  const ballast = join(server.data, 'ballast')
  spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4k'])
  // Longer than a lease (6 s): a disk that is full is no reason to end what runs.
  const began = performance.now()
  const answered: string[] = []
  const refused: VortexError[] = []
  const asked: Promise<unknown>[] = []
  while (performance.now() - began < 10_000) {
    const run_id = `full${asked.length}`
    asked.push(
      server.client.triggerDag({ params: { dag_id: 'more' }, body: { run_id } }).then(
        () => answered.push(run_id),
        (error: unknown) => refused.push(error as VortexError),
      ),
    )
    await sleep(300)
  }
  const health = await server.client.health()
  expect(server.lines().filter((line) => line.word === 'end')).toHaveLength(6)
  const before = (await server.unfinished()).filter((name) => name.startsWith('long'))
  expect(before).toHaveLength(1)
  expect(health).toMatchObject({ status: 'degraded', database: 'down' })
  expect(health.database_problem).toMatch(/disk is full; free some space/)
  expect(health.database_problem).not.toContain('/')
  expect(refused.length).toBeGreaterThan(0)
  expect(new Set(refused.map((error) => error.code))).toEqual(new Set(['database_unavailable']))
  expect(server.log).toMatch(/disk is full; free some space/)

  rmSync(ballast)
  const freed = performance.now()
  const stuck = await server.settle(30_000)
  await Promise.all(asked)
  const back = Math.round(performance.now() - freed)
  const found = await server.check(stuck)
  const runs = new Set((await server.client.listRuns({ params: { dag_id: 'more' }, query: { limit: 500 } })).data.map((run) => run.run_id))
  const lost = answered.filter((run_id) => !runs.has(run_id))
  const wrong = report(
    'full disk, results',
    found,
    { landed: 1, planned: 1 },
    `ACKLOST ${lost.length} of ${answered.length} answered (${refused.length} refused); all accepted ${back} ms after there was space`,
  )
  expect(wrong).toBe(0)
  expect(lost).toEqual([])
  expect((await server.recorded()).filter((task) => task.state !== 'success' || task.attempts.length !== 1)).toEqual([])
  await expect.poll(async () => (await server.client.health()).status, { timeout: 10_000 }).toBe('ok')
  await server.stop()
})

test(
  'a disk of their own that is too small for the logs: tasks end normally, the log is whole when there is space',
  { timeout: 120_000 },
  async (context) => {
    await using server = await ControllerProcess.create()
    const logs = join(server.data, 'logs')
    mkdirSync(logs, { recursive: true })
    using disk = smallDisk(logs, 4)
    if (disk === null) return context.skip()
    writeFileSync(
      join(server.dagsFolder, 'loud.py'),
      `
from vortex import DAG, BashOperator
with DAG("loud", schedule=None):
    for i in range(3):
        BashOperator(task_id=f"t{i}", bash_command="seq -w 1 1000000; echo the end", do_xcom_push=False)
`,
    )
    server.addDag({ dag_id: 'more', retries: 0, tasks: [{ task_id: 't', kind: 'bash', seconds: 0, upstream: [] }] })
    await server.start()
    await expect.poll(async () => (await server.client.listDags({ query: {} })).total, { timeout: 20_000 }).toBe(2)
    const began = performance.now()
    await server.trigger('loud')
    expect(await server.settle(30_000)).toEqual([])
    const ended = Math.round(performance.now() - began)
    await server.trigger('more')
    expect(await server.settle(20_000)).toEqual([])
    await expect.poll(() => server.log, { timeout: 10_000 }).toMatch(/disk of the log files is full|log files: ENOSPC/)
    const params = { dag_id: 'loud', run_id: 'run' }
    const page = async (task_id: string) => await server.client.getLog({ params: { ...params, task_id }, query: { offset: -1000 } })
    const open = (await Promise.all(['t0', 't1', 't2'].map(page))).filter((log) => !log.complete).length
    expect(open).toBeGreaterThan(0)
    expect((await server.client.health()).status).toBe('ok')
    expect(spawnSync('mount', ['-o', 'remount,size=64m', logs]).status).toBe(0)
    const freed = performance.now()
    for (const task_id of ['t0', 't1', 't2']) {
      await expect.poll(async () => (await page(task_id)).complete, { timeout: 20_000 }).toBe(true)
      const log = await page(task_id)
      expect(log.text.split('\n').slice(-3)).toEqual(['1000000', 'the end', ''])
      expect(log.truncated).toBe(false)
      const first = await server.client.getLog({ params: { ...params, task_id }, query: { offset: 0, limit: 24 } })
      expect(first.text).toBe('0000001\n0000002\n0000003\n')
    }
    const whole = Math.round(performance.now() - freed)
    const { data } = await server.client.listTaskInstances({ params, query: {} })
    expect(data.map((task) => [task.state, task.try_number])).toEqual(Array.from({ length: 3 }, () => ['success', 1]))
    process.stdout.write(
      `log disk full: tasks ended after ${ended} ms; ${open} of 3 logs waited; whole ${whole} ms after there was space\n`,
    )
    await server.stop()
  },
)
