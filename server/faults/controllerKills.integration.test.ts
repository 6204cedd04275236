/** The controller is killed again and again while tasks run: nothing lost, nothing twice, nothing out of order. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ControllerProcess } from './harness/controllerProcess.ts'
import { linesOf, longDag, standardDag } from './harness/dagShapes.ts'
import { report } from './harness/ledger.ts'
import { makeRandom, sized } from './harness/sizes.ts'

test('kill -9 of the controller while tasks run', { timeout: sized({ ci: 120_000, full: 900_000 }) }, async () => {
  const random = makeRandom()
  const { tasks, kills, pause } = sized({
    ci: { tasks: 300, kills: 6, pause: [500, 1500] as const },
    full: { tasks: 2000, kills: 30, pause: [1000, 4000] as const },
  })
  await using server = await ControllerProcess.create()
  for (let i = 0; i < tasks / 20; i++) server.addDag(standardDag({ dag_id: `storm${i}`, retries: 2, random, seconds: [0.05, 0.3] }))
  await server.start()
  await server.waitForDags()
  const began = performance.now()
  for (const dag of server.dags) await server.trigger(dag.dag_id)
  let landed = 0
  for (let i = 0; i < kills; i++) {
    await sleep(pause[0] + random() * (pause[1] - pause[0]))
    if ((await server.unfinished()).length === 0) break
    await server.kill()
    landed += 1
    await server.start()
  }
  const stuck = await server.settle(sized({ ci: 60_000, full: 400_000 }))
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  const found = await server.check(stuck)
  const wrong = report(
    'controller kills',
    found,
    { landed, planned: kills },
    `${seconds} s; restart to ready at most ${Math.max(...server.starts.slice(1))} ms`,
  )
  expect(landed).toBeGreaterThanOrEqual(kills / 2)
  expect(found.tasks).toBe(tasks)
  expect(wrong).toBe(0)
  // The worker lives on, so no attempt is made again.
  expect(found.starts).toBe(tasks)
})

test('long tasks run on through restarts of the controller, their logs whole', { timeout: 180_000 }, async () => {
  const seconds = sized({ ci: 20, full: 60 })
  await using server = await ControllerProcess.create({ capacity: 16 })
  server.addDag(longDag({ dag_id: 'long', tasks: 16, seconds }))
  await server.start()
  await server.waitForDags()
  await server.trigger('long')
  let landed = 0
  for (let i = 0; i < 3; i++) {
    await sleep((seconds * 1000) / 10)
    if (i === 0) await server.stop('SIGTERM')
    else await server.kill()
    if (!server.lines().some((line) => line.word === 'end')) landed += 1
    if (i === 1) await sleep(2000)
    await server.start()
  }
  expect(landed).toBe(3)
  const found = await server.check(await server.settle((seconds + 30) * 1000))
  const wrong = report('long tasks', found, { landed, planned: 3 })
  expect(wrong).toBe(0)
  expect(found.starts).toBe(16)
  const wanted = Array.from({ length: linesOf(seconds) }, (_, i) => `line ${i + 1}`)
  for (const { task_id } of server.dags[0]?.tasks ?? []) {
    const log = await server.client.getLog({ params: { dag_id: 'long', run_id: 'run', task_id }, query: { limit: 4_194_304 } })
    expect(log.complete).toBe(true)
    expect(
      log.text
        .split('\n')
        .filter((line) => /line \d+$/.test(line))
        .map((line) => line.slice(line.lastIndexOf('line '))),
    ).toEqual(wanted)
  }
})
