import { Client, credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js'
import { afterEach, describe, expect, test } from 'vitest'
import { NO_DATES, type SwarmBench, startBench, TOKEN, until } from '#worker/testing/swarmBench.ts'
import { emptyWorkerFrame } from '#worker/session/outgoing.ts'
import { type ControllerFrame, type Hello, SwarmClient, type WorkerFrame } from './gen/vortex/swarm/v1/swarm.ts'

let bench: SwarmBench
const opened: Client[] = []
afterEach(async () => {
  for (const client of opened.splice(0)) client.close()
  await bench.close()
})

const hello: Hello = {
  protocol: 1,
  worker_id: 'raw',
  hostname: 'h',
  capacity: 4,
  queues: [],
  labels: [],
  version: '1',
  held: [],
  local: false,
  open_logs: [],
  draining: false,
}

/** A worker of our own making, which need not keep the rules. */
function rawWorker(token: string | null = TOKEN) {
  const client = new SwarmClient(`unix:${bench.folder}/swarm.sock`, credentials.createInsecure())
  opened.push(client)
  const metadata = new Metadata()
  if (token !== null) metadata.set('authorization', `Bearer ${token}`)
  const stream = client.session(metadata)
  const frames: ControllerFrame[] = []
  stream.on('data', (frame: ControllerFrame) => frames.push(frame))
  const ended = new Promise<ServiceError | null>((resolve) => {
    stream.on('error', resolve)
    stream.on('end', () => resolve(null))
  })
  const send = (frame: Partial<WorkerFrame>): boolean => stream.write({ ...emptyWorkerFrame(), ...frame })
  return { client, metadata, stream, frames, ended, send }
}

describe('who may come in', () => {
  test.each([
    ['none', null],
    ['a wrong one', 'guess'],
    ['one with more behind it', `${TOKEN}x`],
  ])('a worker with token: %s is refused before anything is looked at', async (_, token) => {
    bench = await startBench()
    const raw = rawWorker(token)
    raw.send({ hello })
    expect((await raw.ended)?.code).toBe(status.UNAUTHENTICATED)
    expect(bench.engine.hellos).toEqual([])
    expect(raw.frames).toEqual([])
    const fetched = raw.client.fetchBundle({ hash: 'a'.repeat(64), have: [], manifest_only: true }, raw.metadata)
    const error = await new Promise<ServiceError>((resolve) => fetched.on('error', resolve).on('data', () => undefined))
    expect(error.code).toBe(status.UNAUTHENTICATED)
  })

  test('a newer protocol is refused with a word that says so', async () => {
    bench = await startBench()
    const raw = rawWorker()
    raw.send({ hello: { ...hello, protocol: 2 } })
    expect(await raw.ended).toBeNull()
    expect(raw.frames[0]?.refused?.code).toBe('protocol')
  })

  test.each([
    ['no capacity', { capacity: 0 }],
    ['a name with a slash', { worker_id: 'a/b' }],
  ])('a hello with %s ends the stream', async (_, change) => {
    bench = await startBench()
    const raw = rawWorker()
    raw.send({ hello: { ...hello, ...change } })
    expect((await raw.ended)?.code).toBe(status.INVALID_ARGUMENT)
  })

  test('plaintext on an address that others reach needs an explicit word', async () => {
    bench = await startBench()
    await expect(startBench({ listen: { host: '0.0.0.0', port: 0, tls: null, allow_plaintext: false } })).rejects.toThrow(
      /without encryption/,
    )
  })

  test('a second session of the same worker replaces the first, and the engine hears of no loss', async () => {
    bench = await startBench()
    const first = rawWorker()
    first.send({ hello })
    await until(() => first.frames.length > 0, 'the first is welcomed')
    const second = rawWorker()
    second.send({ hello })
    await until(() => second.frames.length > 0, 'the second is welcomed')
    expect((await first.ended)?.code).toBe(status.ABORTED)
    expect(bench.engine.disconnected).toEqual([])
  })
})

describe('what a worker says of attempts that it does not hold', () => {
  test('reports are dropped, log bytes declined, requests refused', async () => {
    bench = await startBench()
    const raw = rawWorker()
    raw.send({ hello })
    await until(() => raw.frames.length > 0, 'welcome')
    const ref = { task_instance_id: 99, attempt: 1, lease_token: 'guessed' }
    raw.send({
      reports: [{ seq: 1, ref, body: { $case: 'started', value: { pid: 1, hostname: 'h', age_ms: 0 } } }],
      logs: [{ ref, offset: 0, bytes: Buffer.from('planted'), last: false, truncated: false, times: [] }],
      requests: [{ id: 1, ref, method: 'variable.get', params_json: '{"key":"password"}' }],
    })
    await until(() => raw.frames.some((frame) => frame.responses.length > 0), 'an answer')
    expect(raw.frames.flatMap((frame) => frame.responses)[0]).toMatchObject({ error_code: 'forbidden', result_json: '' })
    expect(raw.frames.flatMap((frame) => frame.log_acks)).toMatchObject([{ complete: true }])
    expect(Math.max(...raw.frames.map((frame) => frame.reports_acked))).toBe(1)
    expect(bench.engine.reports).toEqual([])
    expect(await bench.store.logStat({ task_instance_id: 99, attempt: 1 })).toBeNull()
  })

  test('a held attempt with another lease token is another attempt', async () => {
    bench = await startBench()
    const raw = rawWorker()
    raw.send({ hello })
    await until(() => raw.frames.length > 0, 'welcome')
    const attempt = bench.attempt({})
    bench.swarm().assign({ worker_id: 'raw', attempts: [attempt] })
    await until(() => raw.frames.some((frame) => frame.assign.length > 0), 'assignment')
    raw.send({
      reports: [
        { seq: 1, ref: { ...attempt.ref, lease_token: 'other' }, body: { $case: 'started', value: { pid: 1, hostname: 'h', age_ms: 0 } } },
      ],
    })
    raw.send({ reports: [{ seq: 2, ref: attempt.ref, body: { $case: 'started', value: { pid: 2, hostname: 'h', age_ms: 0 } } }] })
    await until(() => bench.engine.reports.length > 0, 'a report')
    expect(bench.engine.reports).toMatchObject([{ type: 'started', pid: 2 }])
  })

  test('a sequence that does not grow ends the stream', async () => {
    bench = await startBench()
    const raw = rawWorker()
    raw.send({ hello })
    await until(() => raw.frames.length > 0, 'welcome')
    const report = {
      seq: 1,
      ref: { task_instance_id: 1, attempt: 1, lease_token: 'x' },
      body: { $case: 'started' as const, value: { pid: 1, hostname: 'h', age_ms: 0 } },
    }
    raw.send({ reports: [report, report] })
    expect((await raw.ended)?.code).toBe(status.INVALID_ARGUMENT)
  })
})

describe('order and acknowledgement', () => {
  test('assignments arrive in order and in few frames; reports are acknowledged only after the commit', async () => {
    bench = await startBench()
    const raw = rawWorker()
    raw.send({ hello: { ...hello, capacity: 1000 } })
    await until(() => raw.frames.length > 0, 'welcome')
    const attempts = Array.from({ length: 1000 }, () => bench.attempt({}))
    for (const attempt of attempts) bench.swarm().assign({ worker_id: 'raw', attempts: [attempt] })
    const assigned = () => raw.frames.flatMap((frame) => frame.assign.map(({ ref }) => ref?.task_instance_id))
    await until(() => assigned().length === 1000, 'all assignments')
    expect(assigned()).toEqual(attempts.map(({ ref }) => ref.task_instance_id))
    expect(raw.frames.filter((frame) => frame.assign.length > 0).length).toBeLessThanOrEqual(4)

    bench.engine.hold()
    raw.send({
      reports: attempts
        .slice(0, 500)
        .map(({ ref }, at) => ({ seq: at + 1, ref, body: { $case: 'started' as const, value: { pid: at, hostname: 'h', age_ms: 0 } } })),
    })
    raw.send({ heartbeat: { id: 7, running: 500, load: 0, memory_bytes: 0 } })
    await until(() => raw.frames.some((frame) => frame.heartbeat_ack?.id === 7), 'the heartbeat is answered while the commit waits')
    expect(bench.engine.reports).toHaveLength(500)
    expect(Math.max(...raw.frames.map((frame) => frame.reports_acked))).toBe(0)
    bench.engine.release()
    await until(() => raw.frames.some((frame) => frame.reports_acked === 500), 'acknowledged')
  })

  test('the job document has what a task host reads', async () => {
    bench = await startBench()
    const raw = rawWorker()
    raw.send({ hello })
    await until(() => raw.frames.length > 0, 'welcome')
    bench.swarm().assign({
      worker_id: 'raw',
      attempts: [
        bench.attempt({
          execution_timeout_ms: 1500,
          bash: { command: 'true', env: { A: 'b' }, append_env: false, cwd: null, skip_on_exit_codes: [99] },
        }),
      ],
    })
    await until(() => raw.frames.some((frame) => frame.assign.length > 0), 'assignment')
    const [assignment] = raw.frames.flatMap((frame) => frame.assign)
    expect(assignment).toMatchObject({
      kind: 'task',
      execution_timeout_ms: 1500,
      bash: { command: 'true', env: { A: 'b' }, replace_env: true, cwd: '', push_xcom: true },
    })
    expect(JSON.parse(assignment!.job_json)).toMatchObject({
      format: 1,
      dag_id: 'dag',
      hostname: 'h',
      attempt: 1,
      run_after: '2026-03-29T00:59:59.123Z',
      logical_date: null,
      dates: { prev_logical_date: null },
    })
  })

  test('a missing secret fails the attempt unstarted and names the secret', async () => {
    bench = await startBench({ resolveSecrets: async () => ({}) })
    const raw = rawWorker()
    raw.send({ hello })
    await until(() => raw.frames.length > 0, 'welcome')
    bench.swarm().assign({ worker_id: 'raw', attempts: [bench.attempt({ secrets: { PASSWORD: 'db_password' } })] })
    await until(() => bench.engine.ends().length > 0, 'an end')
    expect(bench.engine.ends()[0]).toMatchObject({
      outcome: 'failed',
      reason_code: 'secret_missing',
      reason: expect.stringContaining('"db_password"') as string,
    })
    expect(raw.frames.flatMap((frame) => frame.assign)).toEqual([])
  })

  test('an attempt whose job cannot be made fails with the reason; the others of its batch go out', async () => {
    bench = await startBench({
      datesOf: ({ run }) => {
        if (run.run_id === 'bad') throw new RangeError('Invalid time value')
        return NO_DATES
      },
      resolveSecrets: async (names) => Object.fromEntries(Object.keys(names).map((variable) => [variable, 's3cret'])),
    })
    const raw = rawWorker()
    raw.send({ hello })
    await until(() => raw.frames.length > 0, 'welcome')
    const attempts = [{}, {}, { secrets: { PASSWORD: 'db_password' } }, {}].map((change) => bench.attempt(change))
    for (const at of [1, 2]) attempts[at]!.run.run_id = 'bad'
    bench.swarm().assign({ worker_id: 'raw', attempts })
    await until(() => bench.engine.ends().length === 2, 'two ends')
    await until(() => raw.frames.flatMap((frame) => frame.assign).length === 2, 'two assignments')
    expect(raw.frames.flatMap((frame) => frame.assign.map(({ ref }) => ref))).toEqual([attempts[0]!.ref, attempts[3]!.ref])
    for (const end of bench.engine.ends())
      expect(end).toMatchObject({
        outcome: 'failed',
        reason_code: 'assignment',
        reason: expect.stringContaining('Invalid time value') as string,
      })
    expect(bench.engine.ends().map(({ ref }) => ref)).toEqual([attempts[1]!.ref, attempts[2]!.ref])
  })

  test('secrets reach the assignment only', async () => {
    bench = await startBench({
      resolveSecrets: async (names) => Object.fromEntries(Object.keys(names).map((variable) => [variable, 's3cret'])),
    })
    const raw = rawWorker()
    raw.send({ hello })
    await until(() => raw.frames.length > 0, 'welcome')
    bench.swarm().assign({ worker_id: 'raw', attempts: [bench.attempt({ secrets: { PASSWORD: 'db_password' } })] })
    await until(() => raw.frames.some((frame) => frame.assign.length > 0), 'assignment')
    const [assignment] = raw.frames.flatMap((frame) => frame.assign)
    expect(assignment?.secrets).toEqual({ PASSWORD: 's3cret' })
    expect(assignment?.job_json).not.toContain('s3cret')
  })
})

describe('a log of a run that is deleted while its worker still writes', () => {
  test.each([
    ['from the start, after the kill', true],
    ['on from what the deletion has removed', false],
  ])('%s: is declined, leaves nothing, and the session goes on', async (_, isFromStart) => {
    bench = await startBench()
    const raw = rawWorker()
    raw.send({ hello })
    await until(() => raw.frames.length > 0, 'welcome')
    const [deleted, other] = [bench.attempt({}), bench.attempt({})]
    await bench.assign({ worker_id: 'raw' }, [deleted])
    const { task_instance_id } = deleted.ref
    const log = (offset: number, text: string, last = false) => ({
      logs: [{ ref: deleted.ref, offset, bytes: Buffer.from(text), last, truncated: false, times: [] }],
    })
    if (!isFromStart) {
      raw.send(log(0, 'line 1\n'))
      await until(() => raw.frames.some((frame) => frame.log_acks.length > 0), 'it is stored')
    }
    await bench.commit({ dag_runs_delete: [1] })
    await expect.poll(() => bench.store.logStat({ task_instance_id, attempt: 1 })).toBeNull()
    bench.swarm().kill({ worker_id: 'raw', ref: deleted.ref, reason: 'the run was deleted' })
    raw.send(isFromStart ? log(0, 'x'.repeat(20_000)) : log(7, 'line 2\n'))
    await until(() => raw.frames.some((frame) => frame.log_acks.some((ack) => ack.complete)), 'it is declined')
    // What was under way when it was declined is declined too.
    raw.send(log(isFromStart ? 20_000 : 14, 'the end', true))
    bench.swarm().assign({ worker_id: 'raw', attempts: [other] })
    await until(
      () => raw.frames.some((frame) => frame.assign.some(({ ref }) => ref?.task_instance_id === other.ref.task_instance_id)),
      'the session goes on',
    )
    expect(await bench.store.logStat({ task_instance_id, attempt: 1 })).toBeNull()
  })
})

describe('a worker that breaks the windows', () => {
  test('the controller stops reading when the store is slow, and takes it all when the store is back', async () => {
    let open: () => void = () => undefined
    const gate = new Promise<void>((resolve) => (open = resolve))
    bench = await startBench(
      {},
      (store) =>
        new Proxy(store, {
          get: (target, name) =>
            name === 'logAppend'
              ? async (p: never) => (await gate, await target.logAppend(p))
              : (Reflect.get(target, name, target).bind?.(target) ?? Reflect.get(target, name, target)),
        }),
    )
    const raw = rawWorker()
    raw.send({ hello })
    await until(() => raw.frames.length > 0, 'welcome')
    const attempt = bench.attempt({})
    bench.swarm().assign({ worker_id: 'raw', attempts: [attempt] })
    const piece = Buffer.alloc(512 * 1024, 'x')
    const total = 128
    let taken = 0
    for (let at = 0; at < total; at++) {
      raw.stream.write(
        {
          ...emptyWorkerFrame(),
          logs: [{ ref: attempt.ref, offset: at * piece.length, bytes: piece, last: at === total - 1, truncated: false, times: [] }],
        },
        () => (taken += piece.length),
      )
    }
    // The taken bytes stop growing: what is beyond waits in the sender.
    let before = -1
    await until(async () => {
      if (taken === before) return true
      before = taken
      await new Promise((resolve) => setTimeout(resolve, 300))
      return false
    }, 'the stream stands still')
    expect(taken).toBeGreaterThan(8 * 1024 * 1024)
    expect(taken).toBeLessThan(24 * 1024 * 1024)
    open()
    await until(() => raw.frames.some((frame) => frame.log_acks.some((ack) => ack.complete)), 'all is stored')
    expect(await bench.store.logStat({ task_instance_id: attempt.ref.task_instance_id, attempt: 1 })).toMatchObject({
      size: total * piece.length,
    })
  })

  test('a worker that does not read is disconnected', async () => {
    bench = await startBench()
    const raw = rawWorker()
    raw.send({ hello })
    await until(() => raw.frames.length > 0, 'welcome')
    raw.stream.pause()
    const conf = { large: 'x'.repeat(1024 * 1024) }
    for (let at = 0; at < 400 && bench.engine.disconnected.length === 0; at++) {
      const attempt = bench.attempt({})
      bench.swarm().assign({ worker_id: 'raw', attempts: [{ ...attempt, run: { ...attempt.run, conf } }] })
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(bench.engine.disconnected).toEqual(['raw'])
  })
})
