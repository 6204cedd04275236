/** Commits whose answer is lost, and tasks that leave something running behind them. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { freshPostgresUrl } from '#testkit/databases.ts'
import { startTcpProxy } from '#testkit/tcpProxy.ts'
import { ControllerProcess } from './harness/controllerProcess.ts'
import { standardDag } from './harness/dagShapes.ts'
import { report } from './harness/ledger.ts'
import { processesOf } from './harness/processTable.ts'
import { makeRandom, sized } from './harness/sizes.ts'

test('the connection is cut after PostgreSQL has committed and before it can say so', { timeout: 240_000 }, async () => {
  const random = makeRandom()
  const { dags, cuts } = sized({ ci: { dags: 10, cuts: 8 }, full: { dags: 50, cuts: 50 } })
  const url = new URL(await freshPostgresUrl())
  await using proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) })
  url.hostname = '127.0.0.1'
  url.port = String(proxy.port)
  await using server = await ControllerProcess.create({
    env: { VORTEX_DATABASE_URL: url.href, VORTEX_KEK: Buffer.alloc(32, 7).toString('base64') },
  })
  for (let i = 0; i < dags; i++) server.addDag(standardDag({ dag_id: `cut${i}`, retries: 2, random }))
  await server.start()
  await server.waitForDags()
  const pid = server.pid
  for (const dag of server.dags) await server.trigger(dag.dag_id)
  let landed = 0
  for (let i = 0; i < cuts; i++) {
    if ((await server.unfinished()).length === 0) break
    // Every third one is lost before it arrives.
    const isCut = await Promise.race([proxy.cutOn('COMMIT', i % 3 === 2 ? 'before' : 'after').then(() => true), sleep(5000, false)])
    if (isCut) landed += 1
    await sleep(200 + random() * 500)
  }
  const found = await server.check(await server.settle(sized({ ci: 60_000, full: 150_000 })))
  const wrong = report('lost answers of commits', found, { landed, planned: cuts })
  expect(landed).toBeGreaterThanOrEqual(cuts / 2)
  expect(server.pid).toBe(pid)
  expect(server.hasExited).toBe(false)
  expect(found.tasks).toBe(dags * 20)
  expect(wrong).toBe(0)
  expect(found.starts).toBe(found.tasks)
})

test('a task ends when its shell ends, whatever still holds its output', { timeout: 60_000 }, async () => {
  await using server = await ControllerProcess.create()
  const commands = {
    sleeper: 'echo before; sleep 300 & exit 0',
    failing: 'echo before; sleep 300 & exit 3',
    writer: '(while :; do echo tick; sleep 0.2; done) & echo before; exit 0',
    daemon: 'setsid bash -c "trap : TERM; while :; do sleep 1; done" & echo before; exit 0',
  }
  const text = [
    'from vortex import DAG, BashOperator',
    'with DAG("left", schedule=None) as dag:',
    ...Object.entries(commands).map(([name, command]) => `    BashOperator(task_id="${name}", bash_command=r"""${command}""")`),
  ]
  writeFileSync(join(server.dagsFolder, 'left.py'), `${text.join('\n')}\n`)
  await server.start()
  await expect.poll(async () => (await server.client.listDags({ query: {} })).total, { timeout: 20_000 }).toBe(1)
  await server.trigger('left')
  expect(await server.settle(20_000)).toEqual([])
  const params = { dag_id: 'left', run_id: 'run' }
  const { data } = await server.client.listTaskInstances({ params, query: {} })
  expect(Object.fromEntries(data.map((task) => [task.task_id, task.state]))).toEqual({
    sleeper: 'success',
    failing: 'failed',
    writer: 'success',
    daemon: 'success',
  })
  for (const task of data) {
    expect(task.duration_ms, task.task_id).toBeLessThan(3000)
    expect((await server.client.getLog({ params: { ...params, task_id: task.task_id }, query: {} })).text).toContain('before')
  }
  const { data: attempts } = await server.client.listAttempts({ params: { ...params, task_id: 'failing' } })
  expect(attempts.map((attempt) => attempt.exit_code)).toEqual([3])
  await sleep(500)
  expect(
    processesOf(server.folder)
      .filter((entry) => /VORTEX_RUN_ID=run/.test(entry.environment))
      .map((entry) => entry.command),
  ).toEqual([])
})
