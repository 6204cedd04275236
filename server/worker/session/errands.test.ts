import { createHash } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import type { AssignedAttempt } from '#scheduler/ports.ts'
import { makeDagSpec } from '#testkit/makeDagSpec.ts'
import { makeDagFile } from '#testkit/makeRecords.ts'
import { type SwarmBench, startBench, until } from '../testing/swarmBench.ts'

let bench: SwarmBench
afterEach(() => bench.close())

const never = new Promise<void>(() => undefined)

function trigger(path = 'vortex.triggers.temporal:DateTimeTrigger'): AssignedAttempt {
  const attempt = bench.attempt({})
  const body = JSON.stringify({ trigger: path, kwargs: {}, method: 'go_on', method_kwargs: {} })
  const deferral = { token: attempt.ref.lease_token, body, timeout_at: null, event: null, output: '' }
  return { ...attempt, kind: 'trigger', task_instance: { ...attempt.task_instance, deferral } }
}

/** Its DAG file is in the store. */
async function callbackWithBundle(): Promise<AssignedAttempt> {
  const content = Buffer.from('print(1)')
  const sha256 = createHash('sha256').update(content).digest('hex')
  const hash = createHash('sha256').update('the manifest').digest('hex')
  await bench.store.blobsPut({ blobs: [{ sha256, content }] })
  await bench.store.dagFileSave({
    record: makeDagFile('b.py'),
    specs: [makeDagSpec('b')],
    bundle: { hash, files: [{ path: 'b.py', sha256, size: content.length }] },
    paused_default: true,
    now: 1,
  })
  const attempt = bench.attempt({})
  return { ...attempt, kind: 'dag_callback', version: { ...attempt.version, bundle_hash: hash } }
}

test('errands run beside as many attempts as the worker takes, and tell nothing but their end, with what they printed', async () => {
  bench = await startBench()
  const worker = await bench.startWorker(
    (attempt) => {
      if (attempt.start.kind === 'task') return never
      attempt.log('it looked\n')
      attempt.xcom('k', 1)
      return attempt.end({ deferral_json: '{"event":1}', log_bytes: 10 })
    },
    { capacity: 1 },
  )
  const errands = [trigger(), trigger()]
  await bench.assign(worker, [bench.attempt({}), bench.attempt({})])
  await bench.assign(worker, errands)
  await until(() => bench.engine.ends().length === 2, 'both errands end')
  expect(worker.runner.running).toBe(1)
  expect(bench.engine.ends()).toMatchObject(
    errands.map(({ ref }) => ({
      ref,
      outcome: 'success',
      deferral_json: '{"event":1}',
      output: expect.stringMatching(/^it looked\n\[vortex\] An XCom was not kept: .*\n$/) as unknown,
    })),
  )
  expect(bench.engine.reports.filter(({ type }) => type !== 'ended')).toHaveLength(1)
  expect(await bench.store.logStat(errands[0]?.ref ?? { task_instance_id: 0, attempt: 0 })).toBeNull()
})

test('a trigger of VORTEX needs no bundle and no DAG file; one of an author does', async () => {
  bench = await startBench()
  const worker = await bench.startWorker((attempt) => attempt.end())
  await bench.assign(worker, [trigger(), trigger('my_triggers:Mine')])
  await until(() => bench.engine.ends().length === 2, 'both end')
  expect(worker.runner.started).toMatchObject([{ kind: 'trigger', dag_file: '', bundle_hash: '', bundle_root: '' }])
  expect(bench.engine.ends().find(({ outcome }) => outcome === 'failed')).toMatchObject({ reason_code: 'bundle' })
})

test('a question of a trigger is answered', async () => {
  bench = await startBench()
  await bench.store.variablePut({ key: 'colour', value: 'red', description: '', updated_at: 1 })
  const worker = await bench.startWorker(async (attempt) => {
    const answer = await attempt.ask('variable.get', { key: 'colour' })
    attempt.end({ deferral_json: JSON.stringify(answer.result) })
  })
  await bench.assign(worker, [trigger()])
  await until(() => bench.engine.ends().length === 1, 'the end')
  expect(bench.engine.ends()[0]).toMatchObject({ outcome: 'success', deferral_json: '{"value":"red","is_sensitive":false}' })
})

test('after a reconnect the worker says that it holds them, and goes on', async () => {
  bench = await startBench()
  const finish: (() => void)[] = []
  const worker = await bench.startWorker((attempt) => void finish.push(() => attempt.end({ deferral_json: '{}' })))
  const waiting = trigger()
  await bench.assign(worker, [waiting])
  await until(() => finish.length === 1, 'it runs')
  bench.swarm().disconnectAll()
  await until(() => bench.engine.hellos.length === 2, 'it comes back')
  expect(bench.engine.hellos[1]?.held).toEqual([waiting.ref])
  await bench.assign(worker, [])
  finish[0]?.()
  await until(() => bench.engine.ends().length === 1, 'the end')
  expect(worker.runner.started).toHaveLength(1)
})

test('a drain ends triggers for another worker to run, and lets callbacks finish', async () => {
  bench = await startBench()
  let finish: (() => void) | null = null
  const worker = await bench.startWorker((attempt) => {
    if (attempt.start.kind === 'dag_callback') finish = () => attempt.end()
    return never
  })
  const waiting = trigger()
  const callback = await callbackWithBundle()
  await bench.assign(worker, [waiting, callback])
  await until(() => worker.runner.running === 2, 'both run')
  worker.service.drain()
  await until(() => bench.engine.ends().length === 1, 'the trigger ends')
  expect(bench.engine.ends()).toMatchObject([{ ref: waiting.ref, outcome: 'killed', reason_code: 'drained' }])
  ;(finish as (() => void) | null)?.()
  expect(await worker.service.ended).toEqual({ kind: 'drained' })
  expect(bench.engine.ends()[1]).toMatchObject({ ref: callback.ref, outcome: 'success' })
})

test('a drain does not wait for a trigger whose bundle is on its way', async () => {
  let isOpen: () => void = () => undefined
  const gate = new Promise<void>((resolve) => {
    isOpen = resolve
  })
  let asked = 0
  bench = await startBench({}, (store) => ({
    ...store,
    bundleGet: async (p: { hash: string }) => {
      asked += 1
      await gate
      return store.bundleGet(p)
    },
  }))
  const worker = await bench.startWorker(() => never)
  const { version } = await callbackWithBundle()
  const waiting = { ...trigger('my_triggers:Mine'), version }
  await bench.assign(worker, [waiting])
  await until(() => asked > 0, 'the bundle is asked for')
  worker.service.drain()
  await until(() => bench.engine.ends().length === 1, 'the trigger ends')
  expect(bench.engine.ends()).toMatchObject([{ ref: waiting.ref, outcome: 'killed', reason_code: 'drained' }])
  isOpen()
  expect(await worker.service.ended).toEqual({ kind: 'drained' })
  expect(worker.runner.started).toEqual([])
})

test('one that is killed, or whose worker is told to end, is no failure of the trigger', async () => {
  bench = await startBench()
  const worker = await bench.startWorker(() => never)
  const [unwanted, wanted] = [trigger(), trigger()]
  await bench.assign(worker, [unwanted, wanted])
  await until(() => worker.runner.running === 2, 'both run')
  bench.swarm().kill({ worker_id: worker.worker_id, ref: unwanted.ref, reason: 'not_wanted' })
  await until(() => bench.engine.ends().length === 1, 'the first ends')
  worker.service.leave()
  await worker.service.ended
  expect(bench.engine.ends()).toMatchObject([
    { ref: unwanted.ref, outcome: 'killed' },
    { ref: wanted.ref, outcome: 'killed' },
  ])
})
