/** Time passes without the product: all its processes stand still, or another program holds the database. */
import SqliteDatabase from 'better-sqlite3'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { freshPostgresUrl } from '#testkit/databases.ts'
import { ControllerProcess } from './harness/controllerProcess.ts'
import { longDag, standardDag } from './harness/dagShapes.ts'
import { report } from './harness/ledger.ts'
import { processesOf } from './harness/processTable.ts'
import { makeRandom, sized } from './harness/sizes.ts'

/** Those of the tasks come and go meanwhile. */
function signalAll(server: ControllerProcess, signal: NodeJS.Signals): number[] {
  return processesOf(server.folder).flatMap(({ pid }) => {
    try {
      process.kill(pid, signal)
      return [pid]
    } catch {
      return []
    }
  })
}

test('controller, worker and tasks stand still for longer than a lease, as on a laptop that sleeps', { timeout: 120_000 }, async () => {
  const frozen_ms = sized({ ci: 8_000, full: 60_000 })
  await using server = await ControllerProcess.create({ capacity: 8 })
  server.addDag(longDag({ dag_id: 'long', tasks: 6, seconds: 5, retries: 3 }))
  await server.start()
  await server.waitForDags()
  await server.trigger('long')
  await expect.poll(() => server.lines().length, { timeout: 15_000 }).toBe(6)
  const stopped = new Set([...signalAll(server, 'SIGSTOP'), ...signalAll(server, 'SIGSTOP')])
  await sleep(frozen_ms)
  signalAll(server, 'SIGCONT')
  const thawed = performance.now()
  await expect.poll(() => server.isAlive(), { timeout: 5_000 }).toBe(true)
  const found = await server.check(await server.settle(60_000))
  const seconds = ((performance.now() - thawed) / 1000).toFixed(1)
  const wrong = report(
    'sleep',
    found,
    { landed: stopped.size > 8 ? 1 : 0, planned: 1 },
    `all done ${seconds} s after ${frozen_ms} ms of sleep`,
  )
  expect(wrong).toBe(0)
  expect((await server.recorded()).filter((task) => task.state !== 'success')).toEqual([])
})

test(
  'another program holds a lock on the SQLite file, again and again, then for longer than is waited for',
  { timeout: 120_000 },
  async () => {
    await using server = await ControllerProcess.create()
    const random = makeRandom()
    for (let i = 0; i < 3; i++) server.addDag(standardDag({ dag_id: `lock${i}`, retries: 0, random, seconds: [0.05, 0.2] }))
    await server.start()
    await server.waitForDags()
    const other = new SqliteDatabase(join(server.data, 'vortex.db'))
    const held = async (ms: number): Promise<void> => {
      other.exec('BEGIN IMMEDIATE')
      await sleep(ms)
      other.exec('ROLLBACK')
    }
    for (const dag of server.dags) await server.trigger(dag.dag_id)
    const times: number[] = []
    for (let i = 0; i < 2; i++) {
      const lock = held(1000)
      const began = performance.now()
      await server.client.setVariable({ params: { key: `k${i}` }, body: { value: 'v' } })
      times.push(Math.round(performance.now() - began))
      await lock
      await sleep(500)
    }
    expect(Math.max(...times)).toBeLessThan(2000)
    const long = held(7500)
    const late = server.client.setVariable({ params: { key: 'late' }, body: { value: 'v' } }).then(
      () => 'saved',
      (error: Error) => error.message,
    )
    await expect
      .poll(async () => (await server.client.health()).database_problem, { timeout: 7_000 })
      .toMatch(/another program holds a lock/)
    // One thread writes: behind another write that waited its 5 s in vain, this one may come when the lock is gone.
    expect(await late).toMatch(/^saved$|another program holds a lock on the database/)
    await long
    other.close()
    await expect.poll(async () => (await server.client.health()).status, { timeout: 10_000 }).toBe('ok')
    const found = await server.check(await server.settle(60_000))
    expect(report('lock of another program', found, { landed: 3, planned: 3 }, `writes under a lock of 1 s: ${times.join(', ')} ms`)).toBe(
      0,
    )
    expect(found.starts).toBe(60)
    expect((await server.recorded()).filter((task) => task.state !== 'success')).toEqual([])
  },
)

test('another session of PostgreSQL locks the table of task instances', { timeout: 120_000 }, async () => {
  const locked_ms = sized({ ci: 8_000, full: 30_000 })
  const url = await freshPostgresUrl()
  await using server = await ControllerProcess.create({
    capacity: 8,
    env: { VORTEX_DATABASE_URL: url, VORTEX_KEK: Buffer.alloc(32, 7).toString('base64') },
  })
  server.addDag(longDag({ dag_id: 'long', tasks: 4, seconds: 5, retries: 0 }))
  await server.start()
  await server.waitForDags()
  await server.trigger('long')
  await expect.poll(() => server.lines().length, { timeout: 15_000 }).toBe(4)
  const other = new Client({ connectionString: url })
  await other.connect()
  await other.query('BEGIN; LOCK TABLE task_instances IN ACCESS EXCLUSIVE MODE')
  const began = performance.now()
  const times: number[] = []
  const answers = new Map<string, number>()
  const asked: Promise<void>[] = []
  while (performance.now() - began < locked_ms) {
    const sent = performance.now()
    const call = (name: string, work: Promise<unknown>): Promise<void> =>
      work
        .then(
          () => 'ok',
          (error: { code?: string; name: string }) => error.code ?? error.name,
        )
        .then((answer) => {
          times.push(Math.round(performance.now() - sent))
          answers.set(`${name} ${answer}`, (answers.get(`${name} ${answer}`) ?? 0) + 1)
        })
    asked.push(
      call('health', server.client.health()),
      call('dags', server.client.listDags({ query: {} })),
      call('tasks', server.client.listTaskInstances({ params: { dag_id: 'long', run_id: 'run' }, query: {} })),
    )
    await sleep(500)
  }
  await other.query('ROLLBACK')
  await other.end()
  await Promise.all(asked)
  const slowest = times.sort((a, b) => a - b).at(-1) ?? 0
  const found = await server.check(await server.settle(60_000))
  const said = [...answers].map(([name, n]) => `${name} ${n}`).join(', ')
  expect(
    report('locked table', found, { landed: 1, planned: 1 }, `${said}; slowest answer ${slowest} ms under a lock of ${locked_ms} ms`),
  ).toBe(0)
  expect(found.starts).toBe(4)
  expect((await server.recorded()).map((task) => [task.state, task.attempts.length])).toEqual(
    Array.from({ length: 4 }, () => ['success', 1]),
  )
  expect([...answers.keys()].filter((key) => !/ (ok|database_unavailable)$/.test(key))).toEqual([])
  expect(server.hasExited).toBe(false)
})
