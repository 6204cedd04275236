/** One task writes 1 GB, another returns 64 MB: memory and disk stay bounded, the user is told, nobody else waits. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ControllerProcess } from './harness/controllerProcess.ts'

const MB = 1024 * 1024
const CAP = 64 * MB

/** Megabytes: what a process holds now, and the most that it ever held. */
function memoryOf(pid: number): { now: number; peak: number } {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8')
  const read = (name: string): number => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1]) / 1024)
  return { now: read('VmRSS'), peak: read('VmHWM') }
}

function bytesBelow(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
}

async function withDags(server: ControllerProcess, text: string, dags: number): Promise<void> {
  writeFileSync(join(server.dagsFolder, 'large.py'), text)
  await server.start()
  await expect.poll(async () => (await server.client.listDags({ query: {} })).total, { timeout: 20_000 }).toBe(dags)
  await expect.poll(() => server.workerPid()).not.toBeNull()
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const began = performance.now()
  const result = await work()
  return [result, Math.round(performance.now() - began)]
}

test('a task that writes 1 GB', { timeout: 180_000 }, async () => {
  await using server = await ControllerProcess.create()
  const bytes = 1024 * MB
  await withDags(
    server,
    `
from vortex import DAG, BashOperator
with DAG("flood", schedule=None):
    BashOperator(task_id="flood", bash_command="echo first line; yes $(printf 'x%.0s' {1..99}) | head -c ${bytes}; echo; echo last line", do_xcom_push=False)
with DAG("small", schedule=None, max_active_runs=100):
    BashOperator(task_id="t", bash_command="echo small")
`,
    2,
  )
  const [controller, worker] = [server.pid, server.workerPid() ?? 0]
  await server.trigger('small', 'warm')
  expect(await server.settle(20_000)).toEqual([])
  const before = { controller: memoryOf(controller).now, worker: memoryOf(worker).now }
  const params = { dag_id: 'flood', run_id: 'run', task_id: 'flood' }
  const began = performance.now()
  await server.trigger('flood')
  // Meanwhile others read, follow the log and run.
  const latencies: number[] = []
  let follow = 0
  for (let i = 0; ; i++) {
    const [run, ms] = await timed(() => server.client.getRun({ params: { dag_id: 'flood', run_id: 'run' } }))
    latencies.push(ms)
    if (i % 10 === 5) await server.trigger('small', `beside${i}`)
    const [piece, took] = await timed(() => server.client.getLog({ params, query: { offset: follow, limit: 65_536 } }).catch(() => null))
    if (piece !== null) latencies.push(took)
    follow += piece === null ? 0 : Buffer.byteLength(piece.text)
    if (run.state === 'success' || run.state === 'failed') break
    await sleep(50)
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  await expect.poll(async () => (await server.client.getLog({ params, query: { limit: 1 } })).complete, { timeout: 30_000 }).toBe(true)
  const [first, firstMs] = await timed(() => server.client.getLog({ params, query: { offset: 0, limit: 65_536 } }))
  const [middle, middleMs] = await timed(() => server.client.getLog({ params, query: { offset: CAP / 2, limit: 65_536 } }))
  const [last, lastMs] = await timed(() => server.client.getLog({ params, query: { offset: -200_000 } }))
  const peak = { controller: memoryOf(controller).peak - before.controller, worker: memoryOf(worker).peak - before.worker }
  const disk = bytesBelow(join(server.data, 'logs'))
  const p99 = latencies.sort((a, b) => a - b)[Math.floor(latencies.length * 0.99)] ?? 0
  process.stdout.write(
    `1 GB log in ${seconds} s: controller +${peak.controller} MB, worker +${peak.worker} MB at most; logs on disk ${(disk / MB).toFixed(2)} MB; ` +
      `pages first ${firstMs} ms, middle ${middleMs} ms, end ${lastMs} ms; ${latencies.length} calls meanwhile, p99 ${p99} ms\n`,
  )
  expect(first.text.split('\n').slice(0, 2)).toEqual(['first line', 'x'.repeat(99)])
  expect(middle.text.includes('x'.repeat(99))).toBe(true)
  // The line stands before the last MiB, which is kept whole.
  const cut = await server.client.getLog({ params, query: { offset: -(MB + 1_000), limit: 2_000 } })
  const gap = /.*were dropped here.*/.exec(cut.text)?.[0]
  expect(gap).toMatch(/\[vortex\] [\d,]+ bytes of output were dropped here: the limit is 67,108,864 bytes for each attempt\./)
  expect(last.text.slice(-100).split('\n').slice(-2)).toEqual(['last line', ''])
  expect(last.truncated).toBe(true)
  // Lines have the times at which they came, also those that were kept aside until the end.
  const times = [first, middle, cut, last].flatMap((page) => page.times.map(([, at]) => at))
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  expect(new Set(times).size).toBeGreaterThan(2)
  expect(peak.controller).toBeLessThan(150)
  expect(peak.worker).toBeLessThan(150)
  expect(disk).toBeLessThan(CAP + 64 * 1024)
  // The worker's copy goes when it has heard that the log is complete.
  await expect.poll(() => bytesBelow(join(server.data, 'worker')), { timeout: 30_000 }).toBeLessThan(MB)
  // No time is promised on a busy machine; a loop that a large log blocks would take longer than this.
  expect(p99).toBeLessThan(5_000)
  expect(await server.settle(20_000)).toEqual([])
  const { data } = await server.client.listRuns({ params: { dag_id: '~' }, query: { limit: 100 } })
  expect(data.length).toBeGreaterThan(2)
  expect(new Set(data.map((run) => run.state))).toEqual(new Set(['success']))
})

test('a task that returns 64 MB', { timeout: 120_000 }, async () => {
  await using server = await ControllerProcess.create()
  await withDags(
    server,
    `
from vortex import DAG, BashOperator, PythonOperator
with DAG("refused", schedule=None):
    PythonOperator(task_id="value", python_callable=lambda: "x" * (64 << 20))
    BashOperator(task_id="line", bash_command="yes xxxxxxx | tr -d '\\\\n' | head -c 67108864")
with DAG("accepted", schedule=None):
    PythonOperator(task_id="fits", python_callable=lambda: "x" * (15 << 20)) >> PythonOperator(
        task_id="reads", python_callable=lambda ti: len(ti.xcom_pull(task_ids="fits")))
`,
    2,
  )
  const [controller, worker] = [server.pid, server.workerPid() ?? 0]
  const before = { controller: memoryOf(controller).now, worker: memoryOf(worker).now }
  await server.trigger('refused')
  expect(await server.settle(60_000)).toEqual([])
  for (const task_id of ['value', 'line']) {
    const params = { dag_id: 'refused', run_id: 'run', task_id }
    const { data: attempts } = await server.client.listAttempts({ params })
    expect(attempts.map((attempt) => attempt.state)).toEqual(['failed'])
    process.stdout.write(`  ${task_id}: ${attempts[0]?.reason}\n`)
    expect(attempts[0]?.reason).toMatch(
      /67,108,86\d bytes as JSON; the limit is 16,777,216|larger than the 16,777,216 bytes that an XCom may have/,
    )
    expect((await server.client.listXcoms({ params, query: {} })).data).toEqual([])
  }
  const refused = { controller: memoryOf(controller).peak - before.controller, worker: memoryOf(worker).peak - before.worker }
  await server.trigger('accepted')
  expect(await server.settle(60_000)).toEqual([])
  const { data } = await server.client.listTaskInstances({ params: { dag_id: 'accepted', run_id: 'run' }, query: {} })
  expect(data.map((task) => task.state)).toEqual(['success', 'success'])
  const accepted = { controller: memoryOf(controller).peak - before.controller, worker: memoryOf(worker).peak - before.worker }
  process.stdout.write(
    `64 MB XCom refused: controller +${refused.controller} MB, worker +${refused.worker} MB at most; ` +
      `15 MB accepted and read: controller +${accepted.controller} MB, worker +${accepted.worker} MB\n`,
  )
  // The value once, and once more while it is read; the rest is what the collector has not come to yet.
  expect(refused.controller).toBeLessThan(150)
  expect(refused.worker).toBeLessThan(150)
  expect(accepted.controller).toBeLessThan(400)
  expect([server.pid, server.workerPid()]).toEqual([controller, worker])
})
