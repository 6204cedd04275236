import { afterEach, describe, expect, test } from 'vitest'
import { refKey } from '#swarm/codec.ts'
import { type NetworkProxy, startNetworkProxy } from '../testing/networkProxy.ts'
import { type SwarmBench, startBench, until } from '../testing/swarmBench.ts'
import { parseController } from './controllerAddress.ts'

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

const never = new Promise<void>(() => undefined)

describe('leases', () => {
  test('a controller that is silent for a lease: everything is killed in time, and the rest is said after it is back', async () => {
    bench = await startBench({ lease_ms: 1200 })
    const port = await startProxy()
    const worker = await bench.startWorker(() => never, { port })
    const attempts = [bench.attempt({}), bench.attempt({})]
    await bench.assign(worker, attempts)
    await until(() => bench.engine.reports.length === 2, 'both run')
    const lastHeard = bench.engine.heartbeats.length
    await until(() => bench.engine.heartbeats.length > lastHeard, 'one more heartbeat')
    proxy?.setSilent(true)
    const silentSince = performance.now()
    await until(() => worker.runner.kills.length >= 2, 'both are killed')
    const killedAfter = performance.now() - silentSince
    expect(killedAfter).toBeLessThan(1200)
    expect(killedAfter).toBeGreaterThan(500)
    expect(worker.runner.kills[0]?.reason).toBe('lease_ended')
    proxy?.setSilent(false)
    await until(() => bench.engine.ends().length === 2, 'the ends are reported')
    expect(bench.engine.ends()[0]).toMatchObject({ outcome: 'failed', reason_code: 'lease_ended' })
  })

  test('a controller that is gone: attempts run on for many leases, and their results are taken by the next one', async () => {
    bench = await startBench({ lease_ms: 2000 })
    const finish: (() => void)[] = []
    const worker = await bench.startWorker((attempt) => void finish.push(() => attempt.end()))
    const attempt = bench.attempt({})
    await bench.assign(worker, [attempt])
    await until(() => bench.engine.reports.length === 1, 'it runs')
    await bench.stopSwarm()
    await new Promise((resolve) => setTimeout(resolve, 3500))
    expect(worker.runner.kills).toEqual([])
    finish[0]?.()
    await bench.startSwarm()
    await until(() => bench.engine.ends().length === 1, 'the end')
    expect(bench.engine.ends()[0]).toMatchObject({ outcome: 'success' })
    expect(bench.engine.hellos[1]?.held).toEqual([attempt.ref])
    // The guard of the hosts was renewed meanwhile too.
    expect(worker.runner.renewals.filter((valid_ms) => valid_ms !== null && valid_ms > 800).length).toBeGreaterThan(3)
  })

  test('a controller that cannot be sure to lead renews nothing; one that says so keeps attempts alive, as nobody else leads', async () => {
    bench = await startBench({ lease_ms: 10_000 })
    const finish: (() => void)[] = []
    const worker = await bench.startWorker((attempt) => void finish.push(() => attempt.end()))
    await bench.assign(worker, [bench.attempt({})])
    await until(() => worker.runner.running === 1, 'it runs')
    bench.engine.leads = false
    await until(() => !worker.service.isConnected, 'unanswered heartbeats end the session')
    await new Promise((resolve) => setTimeout(resolve, 11_000))
    expect(worker.runner.kills).toEqual([])
    bench.engine.leads = true
    await until(() => worker.service.isConnected, 'welcomed again')
    finish[0]?.()
    await until(() => bench.engine.ends().length === 1, 'the end')
    expect(bench.engine.ends()[0]).toMatchObject({ outcome: 'success' })
  })

  test('a standby beside a silent leader: the lease ends', async () => {
    bench = await startBench({ lease_ms: 2000 })
    const port = await startProxy()
    const worker = await bench.startWorker(() => never, {
      controllers: [parseController(`http://127.0.0.1:${port}`), parseController(`unix:${bench.folder}/swarm.sock`)],
    })
    await bench.assign(worker, [bench.attempt({})])
    await until(() => worker.runner.running === 1, 'it runs')
    bench.engine.leads = false
    proxy?.setSilent(true)
    await until(() => worker.runner.kills.length >= 1, 'killed', 15_000)
  })

  test('one controller refuses but another is silent: the lease ends, for the silent one may be alive', async () => {
    bench = await startBench({ lease_ms: 2000 })
    const silentPort = await startProxy()
    const closed = await startNetworkProxy(() => 0)
    await closed.close()
    const worker = await bench.startWorker(() => never, {
      controllers: [parseController(`http://127.0.0.1:${closed.port}`), parseController(`http://127.0.0.1:${silentPort}`)],
    })
    await bench.assign(worker, [bench.attempt({})])
    await until(() => worker.runner.running === 1, 'it runs')
    proxy?.setSilent(true)
    await until(() => worker.runner.kills.length >= 1, 'killed', 15_000)
  })

  test('a worker that slept through its lease kills before it does anything else', async () => {
    let slept = 0
    bench = await startBench({ lease_ms: 60_000 })
    const worker = await bench.startWorker(() => never, { leaseNow: () => performance.now() + slept })
    const attempt = bench.attempt({})
    await bench.assign(worker, [attempt])
    await until(() => worker.runner.running === 1, 'it runs')
    slept = 55_000
    await bench.assign(worker, [bench.attempt({})])
    await until(() => worker.runner.kills.length === 1, 'killed on waking')
    expect(worker.runner.kills[0]?.reason).toBe('lease_ended')
    expect(worker.runner.started).toHaveLength(1)
    // The stream has outlived the lease: a new hello begins a new one, and tells that the second attempt is not held.
    await until(() => bench.engine.hellos.length === 2, 'it says hello again')
    expect(bench.engine.hellos[1]?.held).toEqual([attempt.ref])
    await until(() => bench.engine.ends().length === 1, 'the end is told')
    await bench.assign(worker, [bench.attempt({})])
    await until(() => worker.runner.started.length === 2, 'it works again')
  })

  test('attempts that the controller does not know are killed, and their results do not count', async () => {
    bench = await startBench()
    const port = await startProxy()
    const worker = await bench.startWorker(() => never, { port })
    const [known, fenced] = [bench.attempt({}), bench.attempt({})]
    await bench.assign(worker, [known, fenced])
    await until(() => worker.runner.running === 2, 'both run')
    bench.engine.alive.delete(refKey(fenced.ref))
    proxy?.cut()
    await until(() => worker.runner.kills.length === 1, 'one is killed')
    expect(worker.runner.kills[0]?.key).toBe(refKey(fenced.ref))
    await until(() => bench.engine.ends().length === 1, 'its end is told')
    expect(bench.engine.ends()[0]).toMatchObject({ outcome: 'killed', reason_code: 'unknown' })
    expect(worker.runner.running).toBe(1)
  })
})
