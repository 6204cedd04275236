/** Starts that must be refused soon and with words that help, and files that change while they run. */
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ControllerProcess, exitOf, freePort } from './harness/controllerProcess.ts'
import { standardDag } from './harness/dagShapes.ts'
import { report } from './harness/ledger.ts'
import { makeRandom } from './harness/sizes.ts'

/** Starts a second one and returns how it ended; Node itself takes most of the time on a busy machine. */
async function refused(
  server: ControllerProcess,
  p: { args?: string[]; env?: Record<string, string> },
): Promise<{ code: number | null; words: string; seconds: number }> {
  const log = join(server.folder, 'second.log')
  rmSync(log, { force: true })
  const began = performance.now()
  const child = server.spawn({ ...p, log })
  const limit = setTimeout(() => child.kill('SIGKILL'), 15_000)
  const code = await exitOf(child)
  clearTimeout(limit)
  const result = { code, words: readFileSync(log, 'utf8'), seconds: (performance.now() - began) / 1000 }
  process.stdout.write(`  refused after ${result.seconds.toFixed(1)} s with ${code}: ${result.words.trim().split('\n').at(-1)}\n`)
  return result
}

test('a second server on the same folder, and a port in use', { timeout: 60_000 }, async () => {
  await using server = await ControllerProcess.create()
  server.addDag(standardDag({ dag_id: 'first', retries: 0, random: makeRandom() }))
  await server.start()
  await server.waitForDags()
  await server.trigger('first')
  const second = await refused(server, { args: ['--port', String(await freePort())] })
  expect(second.code).toBe(1)
  expect(second.words).toContain(`is in use by the server with pid ${server.pid}`)
  expect(second.words).not.toContain('    at ')
  expect(second.seconds).toBeLessThan(3)
  const port = await refused(server, { env: { VORTEX_HOME: join(server.folder, 'other') } })
  expect(port.code).toBe(1)
  expect(port.words).toContain(`Port ${server.port} is in use`)
  expect(port.words).not.toContain('    at ')
  const found = await server.check(await server.settle(30_000))
  expect(report('second server', found, { landed: 2, planned: 2 })).toBe(0)
  expect(found.starts).toBe(20)
})

test('records of dead processes whose pids now belong to strangers stop nobody and harm nobody', { timeout: 60_000 }, async () => {
  const stranger = spawn('sleep', ['60'], { stdio: 'ignore' })
  try {
    await using server = await ControllerProcess.create()
    server.addDag(standardDag({ dag_id: 'stale', retries: 0, random: makeRandom(), seconds: [0, 0.05] }))
    mkdirSync(join(server.data, 'worker'), { recursive: true })
    const pid = stranger.pid ?? 0
    writeFileSync(
      join(server.data, 'server.json'),
      JSON.stringify({ pid, hostname: hostname(), started_at: new Date().toISOString(), booted_at: 0, clean: false }),
    )
    writeFileSync(join(server.data, 'worker/worker.json'), JSON.stringify({ pid, start_time: '1', settings: '' }))
    await server.start()
    await server.waitForDags()
    await server.trigger('stale')
    const found = await server.check(await server.settle(30_000))
    expect(report('stale records', found, { landed: 2, planned: 2 })).toBe(0)
    await server.stop()
    expect([stranger.exitCode, stranger.signalCode]).toEqual([null, null])
  } finally {
    stranger.kill('SIGKILL')
  }
})

test('a corrupt database file is refused and left as it is', { timeout: 90_000 }, async () => {
  await using server = await ControllerProcess.create()
  server.addDag(standardDag({ dag_id: 'before', retries: 0, random: makeRandom() }))
  await server.start()
  await server.waitForDags()
  await server.stop()
  const file = join(server.data, 'vortex.db')
  const bytes = readFileSync(file)
  const random = makeRandom()
  for (const damage of ['header', 'pages', 'text'] as const) {
    const broken = damage === 'text' ? Buffer.from('this is no database\n'.repeat(500)) : Buffer.from(bytes)
    if (damage === 'header') broken.fill(0xff, 0, 64)
    // Every page is torn somewhere, as a failing disk or a wrong copy would do.
    if (damage === 'pages') for (let at = 4096; at < broken.length; at += 4096) broken.fill(Math.floor(random() * 256), at, at + 300)
    writeFileSync(file, broken)
    rmSync(`${file}-wal`, { force: true })
    rmSync(`${file}-shm`, { force: true })
    // A start after a clean end looks less closely than one after a crash.
    writeFileSync(
      join(server.data, 'server.json'),
      JSON.stringify({ ...(JSON.parse(readFileSync(join(server.data, 'server.json'), 'utf8')) as object), clean: false, booted_at: 0 }),
    )
    const answer = await refused(server, {})
    expect(answer.code, damage).toBe(1)
    expect(answer.words, damage).toContain('vortex.db')
    expect(answer.words, damage).not.toContain('    at ')
    expect(readFileSync(file).equals(broken), damage).toBe(true)
  }
  writeFileSync(file, bytes)
  await server.start()
  expect((await server.client.listDags({ query: {} })).total).toBe(1)
})

test('a data folder that cannot be written', { timeout: 60_000 }, async (context) => {
  await using server = await ControllerProcess.create()
  if (userInfo().uid !== 0) {
    mkdirSync(server.data)
    chmodSync(server.data, 0o500)
  } else {
    // Root writes everywhere but on a file system that is mounted for reading.
    mkdirSync(server.data)
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro,size=1m', 'tmpfs', server.data]).status !== 0) {
      process.stdout.write('  skipped: this root may not mount a tmpfs\n')
      return context.skip()
    }
  }
  try {
    const answer = await refused(server, {})
    expect(answer.code).toBe(2)
    expect(answer.words).toContain(server.data)
    expect(answer.words).toMatch(/cannot be written: (its file system is read-only|this user has no permission)/)
    expect(answer.words).not.toContain('    at ')
  } finally {
    if (userInfo().uid === 0) spawnSync('umount', [server.data])
    else chmodSync(server.data, 0o700)
  }
})

test('a full disk: nothing answered is lost, and work goes on when there is space', { timeout: 120_000 }, async (context) => {
  await using server = await ControllerProcess.create()
  mkdirSync(server.data)
  if (userInfo().uid !== 0 || spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', server.data]).status !== 0) {
    process.stdout.write('  skipped: a small tmpfs needs root\n')
    return context.skip()
  }
  try {
    const random = makeRandom()
    for (let i = 0; i < 5; i++) server.addDag(standardDag({ dag_id: `full${i}`, retries: 20, random }))
    await server.start()
    await server.waitForDags()
    for (const dag of server.dags) await server.trigger(dag.dag_id)
    await sleep(1000)
    spawnSync('dd', ['if=/dev/zero', `of=${join(server.data, 'ballast')}`, 'bs=64k'])
    const landed = statSync(join(server.data, 'ballast')).size > 1_000_000 && (await server.isAlive()) ? 1 : 0
    await sleep(6000)
    expect(server.hasExited).toBe(false)
    rmSync(join(server.data, 'ballast'))
    const found = await server.check(await server.settle(60_000))
    expect(report('full disk', found, { landed, planned: 1 })).toBe(0)
    expect(landed).toBe(1)
    expect((await server.recorded()).filter((task) => task.state !== 'success')).toEqual([])
    await server.stop()
  } finally {
    await server.stop()
    spawnSync('umount', ['-l', server.data])
  }
})

test('a DAG that is edited, renamed or deleted while it runs finishes on its pinned version', { timeout: 90_000 }, async () => {
  const random = makeRandom()
  await using server = await ControllerProcess.create({ capacity: 8 })
  const shapes = ['edited', 'renamed', 'deleted'].map((dag_id) => standardDag({ dag_id, retries: 0, random, seconds: [0.2, 0.4] }))
  for (const shape of shapes) server.addDag(shape)
  await server.start()
  await server.waitForDags()
  for (const shape of shapes) await server.trigger(shape.dag_id)
  await sleep(800)
  // The new graph is another one; the run must not see it.
  writeFileSync(join(server.dagsFolder, 'edited.py'), readFileSync(join(server.dagsFolder, 'edited.py'), 'utf8').replaceAll('"t', '"new_t'))
  writeFileSync(
    join(server.dagsFolder, 'renamed.py'),
    readFileSync(join(server.dagsFolder, 'renamed.py'), 'utf8').replaceAll('"dag_id":"renamed"', '"dag_id":"another"'),
  )
  rmSync(join(server.dagsFolder, 'deleted.py'))
  const landed = (await server.unfinished()).length
  await expect
    .poll(
      async () =>
        (await server.call((client) => client.getDagTasks({ params: { dag_id: 'edited' } }))).tasks.some((task) => task.id === 'new_t0'),
      { timeout: 20_000 },
    )
    .toBe(true)
  await expect
    .poll(async () => (await server.call((client) => client.listDags({ query: {} }))).data.map((dag) => dag.id).sort(), { timeout: 20_000 })
    .toEqual(['another', 'edited'])
  const found = await server.check(await server.settle(60_000))
  expect(report('changed DAG files', found, { landed, planned: 3 })).toBe(0)
  expect(landed).toBe(3)
  expect(found.tasks).toBe(60)
  const recorded = await server.recorded()
  expect(recorded.filter((task) => task.state !== 'success')).toEqual([])
  expect(recorded.filter((task) => task.task_id.startsWith('new_'))).toEqual([])
  await server.trigger('edited', 'second')
  expect(await server.settle(60_000)).toEqual([])
  const { data } = await server.client.listTaskInstances({ params: { dag_id: 'edited', run_id: 'second' }, query: {} })
  expect(data.map((task) => [task.task_id.slice(0, 4), task.state])).toEqual(Array.from({ length: 20 }, () => ['new_', 'success']))
})
