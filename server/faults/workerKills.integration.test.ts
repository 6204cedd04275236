/** The worker, the zygote and the Python task hosts are killed while tasks run; what they held runs again, soon and never beside itself. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ControllerProcess } from './harness/controllerProcess.ts'
import { standardDag, type DagShape } from './harness/dagShapes.ts'
import { report, type LedgerLine } from './harness/ledger.ts'
import { childrenOf, processes, processesOf } from './harness/processTable.ts'
import { makeRandom, sized } from './harness/sizes.ts'

/** Attempts that were running: a start without an end. */
function running(lines: LedgerLine[]): { task: string; attempt: number }[] {
  const open = new Map<string, { task: string; attempt: number }>()
  for (const { word, task, attempt } of lines) {
    if (word === 'start') open.set(`${task} ${attempt}`, { task, attempt })
    else open.delete(`${task} ${attempt}`)
  }
  return [...open.values()]
}

interface Hit {
  at: number
  task: string
  attempt: number
}

/**
 * How long after the kill what it hit was queued again, at most, in milliseconds. The loss of an attempt and the queueing of the next
 * are one commit; when the next one starts then depends on what else waits.
 */
async function slowestRequeue(server: ControllerProcess, hits: Hit[]): Promise<{ ms: number; lost: number }> {
  let ms = 0
  let lost = 0
  for (const hit of hits) {
    const [dag_id = '', run_id = '', task_id = ''] = hit.task.split(' ')
    const { data } = await server.client.listAttempts({ params: { dag_id, run_id, task_id } })
    const attempt = data.find((known) => known.attempt === hit.attempt)
    // Otherwise it had reported its end in the moment of the kill.
    if (attempt?.state !== 'lost') continue
    lost += 1
    ms = Math.max(ms, Date.parse(attempt.end_time ?? '') - hit.at)
    expect(data.some((known) => known.attempt === hit.attempt + 1)).toBe(true)
  }
  return { ms, lost }
}

/** Waits for attempts that no kill has hit yet, and kills the worker. Nothing is hit when all work ends before. */
async function killBusyWorker(server: ControllerProcess, old: Hit[]): Promise<Hit[]> {
  for (;;) {
    const fresh = running(server.lines()).filter((one) => !old.some((hit) => hit.task === one.task && hit.attempt === one.attempt))
    const worker = server.workerPid()
    if (fresh.length > 0 && worker !== null) {
      process.kill(worker, 'SIGKILL')
      return fresh.map((one) => ({ at: Date.now(), ...one }))
    }
    if ((await server.unfinished()).length === 0) return []
    await sleep(50)
  }
}

test('kill -9 of the worker: its tasks are queued again within 10 s', { timeout: sized({ ci: 120_000, full: 900_000 }) }, async () => {
  const random = makeRandom()
  const { dags, kills, pause, seconds } = sized({
    ci: { dags: 4, kills: 3, pause: 3000, seconds: [0.2, 1] as const },
    full: { dags: 100, kills: 20, pause: 6000, seconds: [0.1, 0.5] as const },
  })
  await using server = await ControllerProcess.create()
  // 20 tasks each; a task may be hit by several kills.
  for (let i = 0; i < dags; i++) server.addDag(standardDag({ dag_id: `worker${i}`, retries: 20, random, seconds }))
  await server.start()
  await server.waitForDags()
  for (const dag of server.dags) await server.trigger(dag.dag_id)
  const hits: Hit[] = []
  let landed = 0
  for (let i = 0; i < kills; i++) {
    await sleep(pause * (0.5 + random() / 2))
    const hit = await killBusyWorker(server, hits)
    if (hit.length > 0) landed += 1
    hits.push(...hit)
  }
  const found = await server.check(await server.settle(sized({ ci: 60_000, full: 400_000 })))
  const requeue = await slowestRequeue(server, hits)
  const wrong = report(
    'worker kills',
    found,
    { landed, planned: kills },
    `${requeue.lost} of ${hits.length} attempts hit were lost, queued again after at most ${requeue.ms} ms`,
  )
  expect(landed).toBe(kills)
  expect(requeue.lost).toBeGreaterThan(0)
  expect(requeue.ms).toBeLessThanOrEqual(10_000)
  expect(wrong).toBe(0)
  expect((await server.recorded()).filter((task) => task.state !== 'success')).toEqual([])
  await server.stop()
  await sleep(500)
  expect(processesOf(server.folder).map((orphan) => orphan.command)).toEqual([])
})

test('kill -9 of the zygote and of Python task hosts', { timeout: 180_000 }, async () => {
  const random = makeRandom()
  const kills = sized({ ci: 6, full: 20 })
  await using server = await ControllerProcess.create()
  for (let i = 0; i < sized({ ci: 4, full: 15 }); i++)
    server.addDag(standardDag({ dag_id: `host${i}`, retries: 20, random, seconds: [0.2, 0.8] }))
  await server.start()
  await server.waitForDags()
  for (const dag of server.dags) await server.trigger(dag.dag_id)
  let landed = 0
  const killed = { zygotes: 0, hosts: 0 }
  for (let i = 0; i < kills; i++) {
    await sleep(800 + random() * 1200)
    const zygotes = childrenOf(server.workerPid() ?? -1)
    // Hosts outlive their zygote, so they are known by their command; attempts of theirs are their children.
    const all = processesOf(server.folder).filter((entry) => entry.command.includes('vortex.host') && entry.pid !== zygotes[0]?.pid)
    const hosts = all.filter((entry) => !all.some((other) => other.pid === entry.parent))
    const victim = i % 2 === 0 || hosts.length === 0 ? zygotes[0] : hosts[Math.floor(random() * hosts.length)]
    if ((await server.unfinished()).length === 0) break
    if (victim === undefined) continue
    process.kill(victim.pid, 'SIGKILL')
    killed[victim === zygotes[0] ? 'zygotes' : 'hosts'] += 1
    landed += 1
  }
  const found = await server.check(await server.settle(60_000))
  const wrong = report('host kills', found, { landed, planned: kills }, `${killed.zygotes} zygotes, ${killed.hosts} task hosts`)
  expect(killed.zygotes).toBeGreaterThan(0)
  expect(killed.hosts).toBeGreaterThan(0)
  expect(wrong).toBe(0)
  expect((await server.recorded()).filter((task) => task.state !== 'success')).toEqual([])
  await server.stop()
  await sleep(500)
  expect(processesOf(server.folder).map((orphan) => orphan.command)).toEqual([])
})

test(
  'kill -9 of the worker and its zygote in one moment: the next worker ends what they left before it takes work',
  { timeout: 120_000 },
  async () => {
    await using server = await ControllerProcess.create({ capacity: 8 })
    const tasks = Array.from({ length: 6 }, (_, i) => ({
      task_id: `b${i}`,
      kind: i < 5 ? ('bash' as const) : ('python' as const),
      seconds: 10,
      upstream: [],
    }))
    const dag: DagShape = { dag_id: 'both', retries: 3, tasks }
    server.addDag(dag)
    await server.start()
    await server.waitForDags()
    await server.trigger('both')
    await expect.poll(() => running(server.lines()).length, { timeout: 20_000 }).toBe(6)
    const worker = server.workerPid() ?? -1
    const zygote = childrenOf(worker)[0]?.pid ?? -1
    const left = server.lines().map((line) => line.pid)
    const alive = (): number[] => processes().flatMap((entry) => (left.includes(entry.pid) ? [entry.pid] : []))
    expect(alive()).toHaveLength(6)
    process.kill(worker, 'SIGKILL')
    process.kill(zygote, 'SIGKILL')
    const killed = performance.now()
    await expect.poll(() => (server.workerPid() ?? worker) !== worker, { timeout: 10_000 }).toBe(true)
    await expect.poll(alive, { timeout: 8_000 }).toEqual([])
    const gone = Math.round(performance.now() - killed)
    const found = await server.check(await server.settle(60_000))
    const wrong = report('worker and zygote', found, { landed: 1, planned: 1 }, `nothing of theirs lived after ${gone} ms`)
    expect(wrong).toBe(0)
    expect(found.starts).toBe(12)
    expect((await server.recorded()).filter((task) => task.state !== 'success')).toEqual([])
  },
)
