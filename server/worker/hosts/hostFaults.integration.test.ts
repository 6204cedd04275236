import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '#runtime/clock.ts'
import { HostBench, isAlive, processesWith, PYTHON, PYTHON_PATH, until } from './hostBench.ts'
import { createHostRunner } from './hostRunner.ts'
import { readStat } from './processTree.ts'
import { bashStart, pythonStart, Recorder } from './recorder.ts'

let bench: HostBench
let marks = 0
let mark = ''
beforeEach(async () => {
  mark = `vortex-fault-${process.pid}-${(marks += 1)}`
  bench = new HostBench()
  await bench.runner.start()
})
afterEach(async () => {
  await bench.close()
  expect(processesWith(mark)).toEqual([])
})

const hosts = (): number[] => processesWith('-m\0vortex.host')
const zygote = (): number => hosts().find((pid) => readStat(pid)?.parent === process.pid) ?? Number.NaN
const taskHostOf = (pid: number): number => hosts().find((host) => host === readStat(pid)?.parent) ?? Number.NaN
const sleeper = (): ReturnType<typeof bashStart> =>
  bashStart(`(setsid bash -c '(exec -a ${mark} sleep 300) >/dev/null 2>&1 &' &); exec -a ${mark} sleep 300`)
const sleepingTask = (): { root: string; file: string } =>
  bench.dagFile(
    `import subprocess, time\ndef task():\n    subprocess.Popen(["bash", "-c", "exec -a ${mark} sleep 300"], start_new_session=True)\n    time.sleep(300)\ndef quick():\n    return 1\n`,
  )

describe('a host that dies', () => {
  test('the zygote: its attempts end as host_died with nothing left alive, task hosts go on, the next one takes over', async () => {
    const where = sleepingTask()
    const [bash, python] = [sleeper(), pythonStart(where, 'task')]
    bench.runner.run(bash)
    bench.runner.run(python)
    await until('both run', () => processesWith(mark).length === 3)
    const pythonPid = await bench.recorder.starting(python)
    process.kill(zygote(), 'SIGKILL')
    expect(await bench.ended(bash)).toMatchObject({ outcome: 'failed', reason_code: 'host_died', exit_code: -1 })
    expect(processesWith(mark)).toHaveLength(1)
    expect(isAlive(pythonPid)).toBe(true)
    expect(await bench.run(bashStart('echo again'))).toMatchObject({ outcome: 'success', log: 'again\n' })
    expect((await bench.run(pythonStart(where, 'quick'))).outcome).toBe('success')
    bench.runner.kill(python.ref, { reason: 'x', grace_ms: 0 })
    await bench.ended(python)
  })

  test('a task host: its attempts end as host_died, and the next attempt gets a new host', async () => {
    const where = sleepingTask()
    const start = pythonStart(where, 'task')
    bench.runner.run(start)
    await until('it runs', () => processesWith(mark).length === 1)
    const pid = await bench.recorder.starting(start)
    process.kill(taskHostOf(pid), 'SIGKILL')
    expect(await bench.ended(start)).toMatchObject({ outcome: 'failed', reason_code: 'host_died' })
    expect(isAlive(pid)).toBe(false)
    expect(processesWith(mark)).toEqual([])
    expect((await bench.run(pythonStart(where, 'quick'))).outcome).toBe('success')
  })

  test('the zygote, again and again while attempts come: each ends exactly once', async () => {
    const starts = Array.from({ length: 60 }, (_unused, index) => bashStart(`sleep 0.0${index % 10}`))
    const ends = Promise.all(starts.map((start) => bench.ended(start)))
    for (const [index, start] of starts.entries()) {
      bench.runner.run(start)
      if (index % 20 !== 10) continue
      await Promise.race([bench.recorder.starting(start), bench.ended(start)])
      await until('there is a zygote', () => !Number.isNaN(zygote()))
      process.kill(zygote(), 'SIGKILL')
    }
    for (const end of await ends) expect(['success', 'host_died']).toContain(end.outcome === 'success' ? end.outcome : end.reason_code)
  })
})

describe('the lease', () => {
  test('that ends kills every tree, and refuses new attempts until it is renewed', async () => {
    const where = sleepingTask()
    const starts = [sleeper(), pythonStart(where, 'task')]
    for (const start of starts) bench.runner.run(start)
    await until('all run', () => processesWith(mark).length === 3)
    bench.runner.renewLease({ valid_ms: 300 })
    for (const start of starts) expect(await bench.ended(start)).toMatchObject({ outcome: 'failed', reason_code: 'lease_lost' })
    expect(processesWith(mark)).toEqual([])
    expect(await bench.run(bashStart(':'))).toMatchObject({ outcome: 'failed', reason_code: 'lease_lost' })
    expect(await bench.run(pythonStart(where, 'quick'))).toMatchObject({ outcome: 'failed', reason_code: 'lease_lost' })
    bench.runner.renewLease({ valid_ms: 60_000 })
    expect((await bench.run(bashStart(':'))).outcome).toBe('success')
    bench.runner.renewLease({ valid_ms: null })
    expect((await bench.run(pythonStart(where, 'quick'))).outcome).toBe('success')
  })

  test('that is renewed in time kills nothing', async () => {
    const start = bashStart('sleep 0.8; echo done')
    bench.runner.run(start)
    const renewals = setInterval(() => bench.runner.renewLease({ valid_ms: 400 }), 50)
    expect(await bench.ended(start)).toMatchObject({ outcome: 'success', log: 'done\n' })
    clearInterval(renewals)
  })
})

describe('a worker', () => {
  const startWorker = async (leaseMs: number, where = sleepingTask()): Promise<{ pid: number }> => {
    const worker = spawn(
      process.execPath,
      [path.join(import.meta.dirname, 'workerProcess.ts'), PYTHON, PYTHON_PATH, where.root, where.file, mark, String(leaseMs)],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    )
    await once(worker.stdout, 'data')
    // The worker itself carries the mark in its arguments.
    await until('everything runs', () => processesWith(mark).filter((pid) => pid !== worker.pid).length === 4)
    return { pid: worker.pid ?? 0 }
  }

  test('killed with -9 leaves nothing alive, at once', async () => {
    const worker = await startWorker(0)
    process.kill(worker.pid, 'SIGKILL')
    const begun = performance.now()
    await until('nothing is left', () => processesWith(mark).length === 0)
    expect(performance.now() - begun).toBeLessThan(3000)
    await until('its folder is removed', () => readdirSync(bench.folder).filter((name) => name.startsWith('vortex-')).length === 1)
  })

  test('killed with -9 together with its zygote: the next one of its folder ends the rest, and nothing of a living one', async () => {
    const where = sleepingTask()
    const worker = await startWorker(0, where)
    const next = (): HostBench => new HostBench({ folder: where.root })
    const beside = next()
    await beside.runner.start()
    expect(processesWith(mark).filter((pid) => pid !== worker.pid)).toHaveLength(4)
    const stranger = spawn('bash', ['-c', `exec -a ${mark} sleep 300`], { env: { ...process.env, VORTEX_ATTEMPT_ID: '1.1.00000000.1' } })
    const itsZygote = hosts().find((pid) => readStat(pid)?.parent === worker.pid) ?? Number.NaN
    process.kill(worker.pid, 'SIGKILL')
    process.kill(itsZygote, 'SIGKILL')
    await until('the Python attempt is gone with its host', () => processesWith(mark).length === 4)
    const after = next()
    await after.runner.start()
    expect(processesWith(mark)).toEqual([stranger.pid])
    expect(after.lines.join()).toMatch(new RegExp(`ended [34] processes that the worker with pid ${worker.pid} had left behind`))
    stranger.kill('SIGKILL')
    await after.close()
    await beside.close()
    expect(readdirSync(where.root).filter((name) => name.startsWith('hosts-'))).toEqual([])
  })

  test('that hangs loses its trees when the lease ends', async () => {
    const worker = await startWorker(3000)
    process.kill(worker.pid, 'SIGSTOP')
    await until('only the hung one is left', () => processesWith(mark).every((pid) => pid === worker.pid))
    process.kill(worker.pid, 'SIGKILL')
    await until('it is gone', () => !isAlive(worker.pid))
  })

  test('that stops kills what runs and ends each attempt as killed', async () => {
    const where = sleepingTask()
    const starts = [sleeper(), pythonStart(where, 'task')]
    for (const start of starts) bench.runner.run(start)
    await until('all run', () => processesWith(mark).length === 3)
    await bench.runner.stop()
    for (const start of starts) expect(await bench.ended(start)).toMatchObject({ outcome: 'killed', reason_code: 'killed' })
    expect(processesWith(mark)).toEqual([])
    expect(await bench.run(bashStart(':'))).toMatchObject({ outcome: 'killed' })
    await bench.runner.stop()
  })

  test('that stopped has no timer left that keeps its process alive', async () => {
    const started: string[] = []
    const clock = {
      ...systemClock,
      after: (ms: number, callback: () => void) => {
        const name = `${started.length}: ${ms} ms`
        started.push(name)
        pending.add(name)
        const timer = systemClock.after(ms, () => (pending.delete(name), callback()))
        return { cancel: () => (pending.delete(name), timer.cancel()) }
      },
    }
    const pending = new Set<string>()
    const own = new HostBench({ clock })
    await own.runner.start()
    await own.run(pythonStart(own.dagFile('def task():\n    pass\n'), 'task'))
    await own.run(
      pythonStart(
        own.dagFile('import threading, time\nthreading.Thread(target=time.sleep, args=(9,), daemon=True).start()\ndef task():\n    pass\n'),
        'task',
      ),
    )
    own.runner.run(pythonStart(own.dagFile('import time\ntime.sleep(9)\ndef task():\n    pass\n'), 'task'))
    await own.close()
    expect(started.length).toBeGreaterThan(3)
    expect([...pending]).toEqual([])
  })

  test('without a usable interpreter does not start, and says which one it tried', async () => {
    const listener = new Recorder()
    const runner = createHostRunner({ listener, clock: systemClock, python: '/no/such/python', python_path: PYTHON_PATH, env: process.env })
    await expect(runner.start()).rejects.toThrow(/\/no\/such\/python could not be started[\s\S]*VORTEX_PYTHON/)
    const other = createHostRunner({ listener, clock: systemClock, python: PYTHON, python_path: '/no/such/folder', env: process.env })
    await expect(other.start()).rejects.toThrow(/No module named/)
  })
})

describe('task hosts', () => {
  test('beyond the limit the one that was idle longest ends; an idle one ends by itself', async () => {
    const own = new HostBench({ limits: { hosts_max: 2, host_idle_ms: 1500 } })
    await own.runner.start()
    const hostOf = async (source: string): Promise<number> => {
      const start = pythonStart(own.dagFile(source), 'task', { bundle_hash: source })
      const end = await own.run(start)
      return Number(end.xcoms[0]?.value_json)
    }
    const source = (index: number): string => `import os\nNUMBER = ${index}\ndef task():\n    return os.getppid()\n`
    const [one, two] = [await hostOf(source(1)), await hostOf(source(2))]
    const three = await hostOf(source(3))
    await until('the first is gone', () => !isAlive(one))
    expect([two, three].every(isAlive)).toBe(true)
    await until('the idle ones are gone', () => !isAlive(two) && !isAlive(three))
    await own.close()
  })
})
