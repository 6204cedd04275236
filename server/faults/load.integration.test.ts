/** Wide graphs and many DAGs at once: on SQLite, and on PostgreSQL with two workers over TCP and the database restarted in the middle. */
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startTemporaryPostgres } from '#testkit/temporaryPostgres.ts'
import { ControllerProcess, exitOf, freePort } from './harness/controllerProcess.ts'
import { fanDag, type DagShape } from './harness/dagShapes.ts'
import { report } from './harness/ledger.ts'
import { sized } from './harness/sizes.ts'

const WIDTH = sized({ ci: 500, full: 5000 })
const DAGS = sized({ ci: 40, full: 200 })
const LIMIT_MS = sized({ ci: 60_000, full: 600_000 })

/** Ten tasks: one, eight beside each other, one. */
function manyDags(retries: number): DagShape[] {
  return Array.from({ length: DAGS }, (_, i) => fanDag({ dag_id: `many${i}`, width: 8, retries }))
}

test('a wide fan-out and fan-in, and many DAGs at once, on SQLite', { timeout: 2 * LIMIT_MS + 120_000 }, async () => {
  await using server = await ControllerProcess.create()
  for (const dag of [fanDag({ dag_id: 'fan', width: WIDTH }), ...manyDags(0)]) server.addDag(dag)
  await server.start()
  await server.waitForDags(LIMIT_MS)
  let began = performance.now()
  await server.trigger('fan')
  const stuck = await server.settle(LIMIT_MS)
  const fan = ((performance.now() - began) / 1000).toFixed(1)
  began = performance.now()
  await Promise.all(server.dags.slice(1).map((dag) => server.trigger(dag.dag_id)))
  const triggered = ((performance.now() - began) / 1000).toFixed(1)
  stuck.push(...(await server.settle(LIMIT_MS)))
  const many = ((performance.now() - began) / 1000).toFixed(1)
  const found = await server.check(stuck)
  const wrong = report(
    'load on SQLite',
    found,
    { landed: 0, planned: 0 },
    `fan of ${WIDTH} in ${fan} s; ${DAGS} DAGs x 10 in ${many} s (${triggered} s to trigger)`,
  )
  expect(found.tasks).toBe(WIDTH + 2 + DAGS * 10)
  expect(wrong).toBe(0)
  expect(found.starts).toBe(found.tasks)
  expect(server.log.match(/locked|SQLITE_BUSY/g) ?? []).toEqual([])
})

test(
  'the same on PostgreSQL with two workers over TCP, the database restarted in the middle',
  { timeout: 2 * LIMIT_MS + 180_000 },
  async () => {
    const postgres = await startTemporaryPostgres({ durable: true })
    const workers: ChildProcess[] = []
    try {
      await postgres.createDatabase('faults')
      const swarm = `127.0.0.1:${await freePort()}`
      await using server = await ControllerProcess.create({
        capacity: 0,
        env: { VORTEX_DATABASE_URL: postgres.url('faults'), VORTEX_KEK: Buffer.alloc(32, 7).toString('base64') },
        args: ['--swarm-listen', swarm, '--swarm-plaintext', 'true'],
      })
      for (const dag of [fanDag({ dag_id: 'fan', width: WIDTH, retries: 3 }), ...manyDags(3)]) server.addDag(dag)
      await server.start()
      for (const name of ['w1', 'w2']) {
        workers.push(
          server.spawnBeside({
            log: `${name}.log`,
            args: [
              'worker',
              '--controller',
              `http://${swarm}`,
              '--token-file',
              join(server.data, 'worker.token'),
              '--capacity',
              '4',
              '--data-folder',
              join(server.folder, name),
            ],
          }),
        )
      }
      await server.waitForDags(LIMIT_MS)
      const pid = server.pid
      const began = performance.now()
      await Promise.all(server.dags.map((dag) => server.trigger(dag.dag_id)))
      const restarts = sized({ ci: 1, full: 3 })
      let landed = 0
      for (let i = 0; i < restarts; i++) {
        const ends = ((i + 1) * (WIDTH + DAGS * 10)) / (restarts + 2)
        while (server.lines().filter((line) => line.word === 'end').length < ends) await sleep(20)
        if ((await server.unfinished()).length === 0) break
        await postgres.stop()
        await sleep(1500)
        await postgres.start()
        landed += 1
      }
      const found = await server.check(await server.settle(LIMIT_MS))
      const hosts = new Set<string | null>()
      for (const task of (await server.client.listTaskInstances({ params: { dag_id: 'fan', run_id: 'run' }, query: { limit: 10_000 } }))
        .data)
        hosts.add(task.worker_id)
      const seconds = ((performance.now() - began) / 1000).toFixed(1)
      const wrong = report('load on PostgreSQL', found, { landed, planned: restarts }, `${seconds} s, ${hosts.size} workers`)
      expect(landed).toBeGreaterThan(0)
      expect(server.hasExited).toBe(false)
      expect(server.pid).toBe(pid)
      expect(found.tasks).toBe(WIDTH + 2 + DAGS * 10)
      expect(wrong).toBe(0)
      // The workers held their attempts while the database was away.
      expect(found.starts).toBe(found.tasks)
      expect(hosts.size).toBe(2)
      for (const worker of workers) {
        worker.kill('SIGTERM')
        expect(await exitOf(worker)).toBe(0)
      }
    } finally {
      for (const worker of workers) worker.kill('SIGKILL')
      await postgres.destroy()
    }
  },
)
