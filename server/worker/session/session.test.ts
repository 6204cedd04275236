import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { StoreUnavailable } from '#db/store.ts'
import { refKey } from '#swarm/codec.ts'
import { makeDagSpec } from '#testkit/makeDagSpec.ts'
import { makeDagFile } from '#testkit/makeRecords.ts'
import { type NetworkProxy, startNetworkProxy } from '../testing/networkProxy.ts'
import { type SwarmBench, startBench, until } from '../testing/swarmBench.ts'

let bench: SwarmBench
let proxy: NetworkProxy | null = null
afterEach(async () => {
  await bench.close()
  await proxy?.close()
  proxy = null
})

async function startProxy(): Promise<number> {
  proxy = await startNetworkProxy(() => bench.swarm().port ?? 0)
  return proxy.port
}

async function readLog(ref: { task_instance_id: number; attempt: number }): Promise<string> {
  return Buffer.from(await bench.store.logRead({ ...ref, offset: 0, limit: 100_000_000 })).toString()
}

const never = new Promise<void>(() => undefined)

describe('an attempt from assignment to end', () => {
  test('starts, logs, asks, pushes, ends; each once and in order', async () => {
    bench = await startBench()
    await bench.store.variablePut({ key: 'colour', value: 'red', description: '', updated_at: 1 })
    const worker = await bench.startWorker(async (attempt) => {
      attempt.log('first\n')
      const answer = await attempt.ask('variable.get', { key: 'colour' })
      attempt.xcom('early', answer.result)
      attempt.log('second\n')
      attempt.end({ xcoms: [{ key: 'return_value', value_json: '42' }], run_ms: 5 })
    })
    const attempt = bench.attempt({})
    // A request asks for the names of the attempt, which the assignment gave.
    await bench.assign(worker, [attempt])
    await until(() => bench.engine.ends().length === 1, 'the end')
    expect(bench.engine.reports.map((report) => report.type)).toEqual(['started', 'xcom', 'ended'])
    expect(bench.engine.reports[1]).toMatchObject({ xcoms: [{ key: 'early', value_json: '{"value":"red","is_sensitive":false}' }] })
    expect(bench.engine.reports[2]).toMatchObject({ outcome: 'success', xcoms: [{ key: 'return_value', value_json: '42' }] })
    await until(async () => (await bench.store.logStat(attempt.ref))?.complete === true, 'the log is complete')
    expect(await readLog(attempt.ref)).toBe('first\nsecond\n')
    await until(() => bench.events.some((event) => event.type === 'log' && event.complete && event.size === 13), 'it is told live')
  })

  test('runs as many as its capacity at once and takes the rest when a place is free', async () => {
    bench = await startBench()
    let most = 0
    const worker = await bench.startWorker(
      async (attempt) => {
        most = Math.max(most, worker.runner.running)
        await new Promise((resolve) => setImmediate(resolve))
        attempt.end()
      },
      { capacity: 3 },
    )
    await bench.assign(
      worker,
      Array.from({ length: 50 }, () => bench.attempt({})),
    )
    await until(() => bench.engine.ends().length === 50, 'all ended')
    expect(most).toBe(3)
    expect(new Set(worker.runner.started.map(({ ref }) => ref.task_instance_id)).size).toBe(50)
  })

  test('output of a host that does not keep to the cap is cut and said so; the line about the cap still fits', async () => {
    bench = await startBench({ log_cap_bytes: 1000 })
    const worker = await bench.startWorker((attempt) => {
      attempt.log('x'.repeat(1000))
      attempt.log('y'.repeat(1000))
      attempt.log('z'.repeat(1000))
      attempt.end({ log_bytes: 3000 })
    })
    const attempt = bench.attempt({})
    await bench.assign(worker, [attempt])
    await until(async () => (await bench.store.logStat(attempt.ref))?.complete === true, 'complete')
    expect(await bench.store.logStat(attempt.ref)).toMatchObject({ size: 2024, truncated: true })
    expect(bench.engine.ends()[0]).toMatchObject({ log_truncated: true })
  })

  test('an attempt without output leaves no log behind', async () => {
    bench = await startBench()
    const worker = await bench.startWorker((attempt) => attempt.end())
    const attempt = bench.attempt({})
    await bench.assign(worker, [attempt])
    await until(() => bench.engine.ends().length === 1, 'ended')
    expect(await bench.store.logStat(attempt.ref)).toBeNull()
  })

  test('XComs that are too large together fail the attempt with a reason', async () => {
    bench = await startBench()
    const worker = await bench.startWorker((attempt) =>
      attempt.end({ xcoms: [{ key: 'return_value', value_json: `"${'x'.repeat(25 * 1024 * 1024)}"` }] }),
    )
    await bench.assign(worker, [bench.attempt({})])
    await until(() => bench.engine.ends().length === 1, 'ended')
    expect(bench.engine.ends()[0]).toMatchObject({ outcome: 'failed', reason_code: 'xcom_too_large', xcoms: [] })
  })

  test('a kill reaches what runs, what waits, and what is not there', async () => {
    bench = await startBench()
    const worker = await bench.startWorker(() => never, { capacity: 1 })
    const [running, waiting, absent] = [bench.attempt({}), bench.attempt({}), bench.attempt({})]
    await bench.assign(worker, [running, waiting])
    await until(() => worker.runner.running === 1, 'one runs')
    bench.engine.alive.add(refKey(absent.ref))
    for (const { ref } of [waiting, running]) bench.swarm().kill({ worker_id: worker.worker_id, ref, reason: 'cancelled' })
    await until(() => bench.engine.ends().length === 2, 'both end')
    expect(bench.engine.ends().map(({ outcome }) => outcome)).toEqual(['killed', 'killed'])
    expect(worker.runner.started).toHaveLength(1)
  })
})

describe('connections that break', () => {
  test('numbered log lines and reports arrive without gap or repeat over many cuts', async () => {
    bench = await startBench()
    const port = await startProxy()
    const lines = 40_000
    const worker = await bench.startWorker(
      async (attempt) => {
        for (let line = 0; line < lines; line++) {
          attempt.log(`${attempt.start.task_id} line ${line} ${'.'.repeat(40)}\n`)
          if (line % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 5))
        }
        attempt.end()
      },
      { port },
    )
    const attempts = [bench.attempt({}), bench.attempt({})]
    await bench.assign(worker, attempts)
    let cuts = 0
    while (bench.engine.ends().length < 2) {
      await new Promise((resolve) => setTimeout(resolve, 60))
      proxy?.cut()
      cuts += 1
    }
    await until(
      async () => (await Promise.all(attempts.map(({ ref }) => bench.store.logStat(ref)))).every((log) => log?.complete === true),
      'both logs are complete',
      20_000,
    )
    for (const attempt of attempts) {
      const expected = Array.from({ length: lines }, (_, line) => `${attempt.task_instance.task_id} line ${line} ${'.'.repeat(40)}\n`).join(
        '',
      )
      const found = await readLog(attempt.ref)
      expect(found.length).toBe(expected.length)
      expect(createHash('sha256').update(found).digest('hex')).toBe(createHash('sha256').update(expected).digest('hex'))
    }
    expect(cuts).toBeGreaterThan(3)
    expect(worker.runner.started).toHaveLength(2)
    expect(worker.runner.kills).toEqual([])
  }, 60_000)

  test('reports that were not acknowledged are sent again, and acknowledged ones are not', async () => {
    bench = await startBench()
    const port = await startProxy()
    const worker = await bench.startWorker((attempt) => attempt.end(), { port })
    await bench.assign(worker, [bench.attempt({})])
    await until(() => bench.engine.ends().length === 1 && bench.engine.alive.size === 0, 'the first is acknowledged')
    bench.engine.hold()
    const second = bench.attempt({})
    await bench.assign(worker, [second])
    await until(() => bench.engine.ends().length === 2, 'the second is told but not committed')
    proxy?.cut()
    await until(() => bench.engine.hellos.length === 2, 'hello again')
    bench.engine.release()
    await until(() => bench.engine.alive.size === 0, 'committed')
    expect(bench.engine.hellos[1]?.held).toEqual([second.ref])
    expect(bench.engine.reports.filter(({ ref }) => ref.task_instance_id !== second.ref.task_instance_id)).toHaveLength(2)
    await until(() => bench.engine.ends().filter(({ ref }) => ref.lease_token === second.ref.lease_token).length >= 1, 'the second')
  })

  test('a request that was under way is asked again and answered once', async () => {
    bench = await startBench()
    const port = await startProxy()
    let answers = 0
    const worker = await bench.startWorker(
      async (attempt) => {
        proxy?.setSilent(true)
        const asking = attempt.ask('variable.get', { key: 'none' })
        setTimeout(() => {
          proxy?.cut()
          proxy?.setSilent(false)
        }, 50)
        await asking
        answers += 1
        attempt.end()
      },
      { port },
    )
    const attempt = bench.attempt({})
    await bench.assign(worker, [attempt])
    await until(() => answers === 1 || bench.engine.ends().length === 1, 'an answer')
    await until(() => bench.engine.ends().length === 1, 'the end')
    expect(answers).toBe(1)
  })

  test('a run that a task triggers twice because of a reconnect has the same id both times', async () => {
    bench = await startBench()
    const worker = await bench.startWorker(async (attempt) => {
      await attempt.ask('run.trigger', { dag_id: 'other', conf: { a: 1 } })
      attempt.end()
    })
    await bench.assign(worker, [bench.attempt({})])
    await until(() => bench.engine.ends().length === 1, 'ended')
    expect(bench.engine.triggers).toMatchObject([
      { dag_id: 'other', actor: 'task:dag/run_1/task_1', run_id: expect.stringMatching(/^triggered__[0-9a-f]{20}$/) as string },
    ])
  })
})

describe('a slow log store', () => {
  test('does not delay heartbeats or reports, and nothing is lost', async () => {
    let isSlow = true
    bench = await startBench(
      { lease_ms: 1500 },
      (store) =>
        new Proxy(store, {
          get(target, name) {
            if (name !== 'logAppend') return Reflect.get(target, name, target)
            return async (p: Parameters<typeof target.logAppend>[0]) => {
              while (isSlow) await new Promise((resolve) => setTimeout(resolve, 20))
              return await target.logAppend(p)
            }
          },
        }),
    )
    const size = 30 * 1024 * 1024
    const worker = await bench.startWorker((attempt) => {
      for (let at = 0; at < size; at += 1024 * 1024) attempt.log('z'.repeat(1024 * 1024))
      attempt.end()
    })
    const attempt = bench.attempt({})
    await bench.assign(worker, [attempt])
    await until(() => bench.engine.ends().length === 1, 'the end is committed while its log waits')
    const before = bench.engine.heartbeats.length
    await until(() => bench.engine.heartbeats.length >= before + 6, 'heartbeats go on')
    expect(worker.service.isConnected).toBe(true)
    expect(bench.engine.hellos).toHaveLength(1)
    isSlow = false
    await until(async () => (await bench.store.logStat(attempt.ref))?.complete === true, 'the log is complete')
    expect(await bench.store.logStat(attempt.ref)).toMatchObject({ size, truncated: false })
  })

  test('a controller that restarts between the end and the log takes the rest of the log', async () => {
    let isDown = true
    bench = await startBench(
      {},
      (store) =>
        new Proxy(store, {
          get(target, name) {
            if (name === 'logAppend' && isDown) return () => new Promise(() => undefined)
            return Reflect.get(target, name, target)
          },
        }),
    )
    const attempt = bench.attempt({})
    const worker = await bench.startWorker((running) => {
      running.log('to be kept\n')
      running.end()
    })
    await bench.assign(worker, [attempt])
    await until(() => bench.engine.alive.size === 0, 'the end is committed')
    await bench.stopSwarm()
    isDown = false
    await bench.startSwarm()
    await until(async () => (await bench.store.logStat(attempt.ref))?.complete === true, 'the log is complete')
    expect(await readLog(attempt.ref)).toBe('to be kept\n')
  })
})

describe('bundles of attempts', () => {
  const python = { kind: 'python' as const, bash: null }
  const content = Buffer.from('print(1)')
  const sha256 = createHash('sha256').update(content).digest('hex')
  const hash = createHash('sha256').update('the manifest').digest('hex')
  const withBundle = (bundle_hash: string) => {
    const attempt = bench.attempt(python)
    return { ...attempt, version: { ...attempt.version, bundle_hash } }
  }

  test('a Python task starts in a folder that holds its bundle, even if the store was away at first', async () => {
    let failures = 2
    bench = await startBench(
      {},
      (store) =>
        new Proxy(store, {
          get(target, name) {
            if (name === 'bundleGet' && failures-- > 0) return () => Promise.reject(new StoreUnavailable('down'))
            return Reflect.get(target, name, target)
          },
        }),
    )
    await bench.store.blobsPut({ blobs: [{ sha256, content }] })
    await bench.store.dagFileSave({
      record: makeDagFile('b.py'),
      specs: [makeDagSpec('b')],
      bundle: { hash, files: [{ path: 'b.py', sha256, size: content.length }] },
      paused_default: true,
      now: 1,
    })
    const worker = await bench.startWorker((attempt) => attempt.end())
    await bench.assign(worker, [withBundle(hash)])
    await until(() => bench.engine.ends().length === 1, 'the end')
    expect(bench.engine.ends()[0]).toMatchObject({ outcome: 'success' })
    expect(await readFile(join(worker.runner.started[0]?.bundle_root ?? '', 'b.py'), 'utf8')).toBe('print(1)')
  })

  test('a bundle that is not there fails the attempt and says so', async () => {
    bench = await startBench()
    const worker = await bench.startWorker((attempt) => attempt.end())
    await bench.assign(worker, [withBundle('e'.repeat(64))])
    await until(() => bench.engine.ends().length === 1, 'the end')
    expect(bench.engine.ends()[0]).toMatchObject({
      outcome: 'failed',
      reason_code: 'bundle',
      reason: expect.stringContaining('there is no bundle') as string,
    })
    expect(worker.runner.started).toEqual([])
  })
})

describe('drain', () => {
  test('waiting attempts go back, running ones finish, then the worker ends', async () => {
    bench = await startBench()
    const finish: (() => void)[] = []
    const worker = await bench.startWorker((attempt) => void finish.push(() => attempt.end()), { capacity: 1 })
    const [running, waiting] = [bench.attempt({}), bench.attempt({})]
    await bench.assign(worker, [running, waiting])
    await until(() => worker.runner.running === 1, 'one runs')
    worker.service.drain()
    await until(() => bench.engine.released.length === 1, 'the other goes back')
    expect(bench.engine.released).toEqual([waiting.ref])
    expect(bench.engine.drained).toEqual([worker.worker_id])
    await bench.assign(worker, [bench.attempt({})])
    await until(() => bench.engine.released.length === 2, 'a new one goes back too')
    finish[0]?.()
    expect(await worker.service.ended).toEqual({ kind: 'drained' })
    expect(bench.engine.ends()).toMatchObject([{ outcome: 'success' }])
  })

  test('a drain with a bound kills what does not end, and says so', async () => {
    bench = await startBench()
    const worker = await bench.startWorker(() => never, { drain_ms: 100 })
    await bench.assign(worker, [bench.attempt({})])
    await until(() => worker.runner.running === 1, 'it runs')
    worker.service.drain()
    await worker.service.ended
    expect(bench.engine.ends()).toMatchObject([{ outcome: 'failed', reason_code: 'worker_stopped' }])
  })

  test('one that the controller asked for outlives a reconnect: the next hello says so, and the worker ends when it is done', async () => {
    bench = await startBench()
    const finish: (() => void)[] = []
    const worker = await bench.startWorker((attempt) => void finish.push(() => attempt.end()), { drain_ms: 0 })
    await bench.assign(worker, [bench.attempt({})])
    await until(() => worker.runner.running === 1, 'it runs')
    bench.swarm().drain(worker)
    await until(() => bench.swarm() !== null && finish.length === 1, 'told')
    await bench.assign(worker, [bench.attempt({})])
    await until(() => bench.engine.released.length === 1, 'a new one goes back')
    bench.swarm().disconnectAll()
    await until(() => bench.engine.hellos.length === 2, 'it comes back')
    expect(bench.engine.hellos.map(({ draining }) => draining)).toEqual([false, true])
    finish[0]?.()
    expect(await worker.service.ended).toEqual({ kind: 'drained' })
    expect(bench.engine.ends()).toMatchObject([{ outcome: 'success' }])
  })

  test('one that the controller asked for can be ended: the worker takes attempts again, and does not end', async () => {
    bench = await startBench()
    const worker = await bench.startWorker((attempt) => attempt.end())
    bench.swarm().drain(worker)
    bench.swarm().drain({ ...worker, is_over: true })
    await bench.assign(worker, [bench.attempt({})])
    await until(() => bench.engine.ends().length === 1, 'it ran')
    bench.swarm().disconnectAll()
    await until(() => bench.engine.hellos.length === 2, 'it comes back')
    expect(bench.engine.hellos.map(({ draining }) => draining)).toEqual([false, false])
    worker.service.drain()
    bench.swarm().drain({ ...worker, is_over: true })
    expect(await worker.service.ended).toEqual({ kind: 'drained' })
  })

  test('a second worker on the same folder does not start', async () => {
    bench = await startBench()
    await bench.startWorker(() => never, { folder: `${bench.folder}/one` })
    await expect(bench.startWorker(() => never, { folder: `${bench.folder}/one` })).rejects.toThrow(/runs on .*one already/)
  })
})
