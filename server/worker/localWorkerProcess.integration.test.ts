import { execFile, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '#runtime/clock.ts'
import { createLogger } from '#runtime/logger.ts'
import { INSTALL_ROOT } from '#runtime/version.ts'
import { LocalWorkerProcess, type LocalWorkerProcessOptions } from './localWorkerProcess.ts'
import { readRecord, startTimeOf } from './processRecord.ts'
import { type SwarmBench, startBench, TOKEN, until } from './testing/swarmBench.ts'

const PYTHON = process.env['VORTEX_TEST_PYTHON'] ?? 'python3'
const PACKAGE = join(INSTALL_ROOT, 'python')
const MAIN = join(import.meta.dirname, 'workerMain.ts')
const run = promisify(execFile)

let bench: SwarmBench
const made: LocalWorkerProcess[] = []
beforeEach(async () => {
  bench = await startBench({ lease_ms: 3000 })
  writeFileSync(join(bench.folder, 'worker.token'), `${TOKEN}\n`, { mode: 0o600 })
})
afterEach(async () => {
  for (const local of made.splice(0)) await local.stop()
  await bench.close()
})

function makeLocal(change: Partial<LocalWorkerProcessOptions> = {}): LocalWorkerProcess {
  const local = new LocalWorkerProcess({
    clock: systemClock,
    logger: createLogger({ level: 'silent' }),
    socket_path: join(bench.folder, 'swarm.sock'),
    data_folder: bench.folder,
    token_file: join(bench.folder, 'worker.token'),
    capacity: 4,
    python: async () => PYTHON,
    package_folder: PACKAGE,
    drain_ms: 2000,
    ...change,
  })
  made.push(local)
  return local
}
const newest = (): { worker_id: string } => ({ worker_id: bench.engine.hellos.at(-1)?.worker_id ?? '' })
const bash = (command: string) => bench.attempt({ bash: { command, env: null, append_env: false, cwd: null, skip_on_exit_codes: [99] } })
const alive = (pid: number): boolean => startTimeOf(pid) !== null

describe('the local worker', () => {
  test('runs a command, with its output in the log; the token is not among its arguments', async () => {
    const local = makeLocal()
    await local.start()
    await until(() => bench.engine.hellos.length === 1, 'hello', 20_000)
    expect(bench.engine.hellos[0]).toMatchObject({ local: true, capacity: 4 })
    const attempt = bash('echo from a real process')
    await bench.assign(newest(), [attempt])
    await until(() => bench.engine.ends().length === 1, 'the end', 20_000)
    expect(bench.engine.ends()[0]).toMatchObject({ outcome: 'success', exit_code: 0 })
    await until(async () => (await bench.store.logStat(attempt.ref))?.complete === true, 'the log')
    expect(Buffer.from(await bench.store.logRead({ ...attempt.ref, offset: 0, limit: 10_000 })).toString()).toContain('from a real process')
    expect(readFileSync(`/proc/${local.pid}/cmdline`, 'latin1')).not.toContain(TOKEN)
    expect(readFileSync(`/proc/${local.pid}/environ`, 'latin1')).not.toContain(TOKEN)
  })

  test('outlives its controller with what it runs, and the next controller adopts it', async () => {
    const first = makeLocal()
    await first.start()
    await until(() => bench.engine.hellos.length === 1, 'hello', 20_000)
    const { pid } = first
    const attempt = bash('sleep 5; echo done')
    await bench.assign(newest(), [attempt])
    await until(() => bench.engine.reports.length === 1, 'it runs', 20_000)
    await first.leave()
    await bench.stopSwarm()
    // Longer than the lease: nobody listens, so the attempt runs on.
    await new Promise((resolve) => setTimeout(resolve, 3500))
    await bench.startSwarm()
    const second = makeLocal()
    await second.start()
    expect(second.pid).toBe(pid)
    await until(() => bench.engine.ends().length === 1, 'the end', 20_000)
    expect(bench.engine.ends()[0]).toMatchObject({ outcome: 'success' })
    expect(new Set(bench.engine.hellos.map(({ worker_id }) => worker_id)).size).toBe(1)
  })

  test('is started again when it was killed, and its tasks die with it', async () => {
    const local = makeLocal()
    await local.start()
    await until(() => bench.engine.hellos.length === 1, 'hello', 20_000)
    const marker = join(bench.folder, 'pid')
    await bench.assign(newest(), [bash(`echo $$ > ${marker}; exec sleep 60`)])
    await until(() => bench.engine.reports.length === 1 && readText(marker) !== '', 'it runs', 20_000)
    const task = Number(readText(marker))
    const { pid } = local
    process.kill(pid ?? 0, 'SIGKILL')
    await until(() => bench.engine.hellos.length === 2, 'another worker', 20_000)
    expect(local.pid).not.toBe(pid)
    await until(() => !alive(task), 'the task of the killed worker is dead', 10_000)
  })

  test('an adopted worker that dies is replaced too', async () => {
    const first = makeLocal()
    await first.start()
    await until(() => bench.engine.hellos.length === 1, 'hello', 20_000)
    await first.leave()
    const second = makeLocal()
    await second.start()
    process.kill(second.pid ?? 0, 'SIGKILL')
    await until(() => bench.engine.hellos.length === 2, 'another worker', 20_000)
  })

  test('another capacity: the old worker finishes what it runs while the new one takes over', async () => {
    const first = makeLocal({ drain_ms: 20_000 })
    await first.start()
    await until(() => bench.engine.hellos.length === 1, 'hello', 20_000)
    const go = join(bench.folder, 'go')
    await bench.assign(newest(), [bash(`while [ ! -e '${go}' ]; do sleep 0.1; done; echo finished`)])
    await until(() => bench.engine.reports.length === 1, 'it runs', 20_000)
    const { pid } = first
    await first.leave()
    const second = makeLocal({ capacity: 7 })
    await second.start()
    await until(() => bench.engine.hellos.some(({ capacity }) => capacity === 7), 'the new worker', 20_000)
    expect(bench.engine.ends()).toEqual([])
    writeFileSync(go, '')
    await until(() => bench.engine.ends().length === 1, 'the old one finishes', 20_000)
    expect(bench.engine.ends()[0]).toMatchObject({ outcome: 'success' })
    await until(() => !alive(pid ?? 0), 'and ends', 10_000)
    expect(readRecord(join(bench.folder, 'worker'))?.pid).toBe(second.pid)
  })

  test('a clean stop drains within its bound', async () => {
    const local = makeLocal({ drain_ms: 500 })
    await local.start()
    await until(() => bench.engine.hellos.length === 1, 'hello', 20_000)
    await bench.assign(newest(), [bash('trap "" TERM; sleep 60')])
    await until(() => bench.engine.reports.length === 1, 'it runs', 20_000)
    const { pid } = local
    await local.stop()
    expect(alive(pid ?? 0)).toBe(false)
    expect(bench.engine.ends()[0]).toMatchObject({ outcome: 'failed', reason_code: 'worker_stopped' })
    expect(readRecord(join(bench.folder, 'worker'))).toBeNull()
  })
})

describe('the worker program', () => {
  const args = (change: string[] = []): string[] => [
    MAIN,
    '--socket',
    join(bench.folder, 'swarm.sock'),
    '--data',
    join(bench.folder, 'worker'),
    '--capacity',
    '2',
    '--python',
    PYTHON,
    '--python-path',
    PACKAGE,
    ...change,
  ]

  test.each([
    ['no token', [], {}, /token is missing/],
    ['a capacity of none', ['--capacity', '0'], { VORTEX_WORKER_TOKEN: TOKEN }, /--capacity must be/],
    ['an option that does not exist', ['--token', TOKEN], { VORTEX_WORKER_TOKEN: TOKEN }, /Unknown option '--token'/],
    ['an address that is none', ['--controller', 'ftp://x'], { VORTEX_WORKER_TOKEN: TOKEN }, /no controller address/],
  ])('with %s it says what is wrong and exits with 2', async (_, more, env, message) => {
    const failed = await run(process.execPath, args(more), { env: { PATH: process.env['PATH'], ...env } }).catch(
      (error: { code: number; stderr: string }) => error,
    )
    expect(failed).toMatchObject({ code: 2, stderr: expect.stringMatching(message) as string })
  })

  test('a wrong token ends it with 4 and says where the right one is', async () => {
    const failed = await run(process.execPath, args(), { env: { PATH: process.env['PATH'], VORTEX_WORKER_TOKEN: 'wrong' } }).catch(
      (error: { code: number; stderr: string }) => error,
    )
    expect(failed).toMatchObject({ code: 4, stderr: expect.stringMatching(/refuses this worker token/) as string })
  })

  test('a second one on the same folder ends with 3, and the first goes on', async () => {
    const local = makeLocal()
    await local.start()
    await until(() => bench.engine.hellos.length === 1, 'hello', 20_000)
    const failed = await run(process.execPath, args(), { env: { PATH: process.env['PATH'], VORTEX_WORKER_TOKEN: TOKEN } }).catch(
      (error: { code: number; stderr: string }) => error,
    )
    expect(failed).toMatchObject({ code: 3 })
    expect(alive(local.pid ?? 0)).toBe(true)
  })

  test('over TCP it drains on TERM and exits with 0', async () => {
    const child = spawn(
      process.execPath,
      [
        MAIN,
        '--controller',
        `http://127.0.0.1:${bench.swarm().port}`,
        '--data',
        join(bench.folder, 'remote'),
        '--capacity',
        '2',
        '--python',
        PYTHON,
        '--python-path',
        PACKAGE,
      ],
      {
        env: { PATH: process.env['PATH'], VORTEX_WORKER_TOKEN: TOKEN },
        stdio: 'ignore',
      },
    )
    const exit = new Promise((resolve) => child.once('exit', resolve))
    await until(() => bench.engine.hellos.length === 1, 'hello', 20_000)
    await bench.assign(newest(), [bash('sleep 1')])
    await until(() => bench.engine.reports.length === 1, 'it runs', 20_000)
    child.kill('SIGTERM')
    expect(await exit).toBe(0)
    expect(bench.engine.ends()[0]).toMatchObject({ outcome: 'success' })
  })
})

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}
