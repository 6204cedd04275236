import { afterEach, describe, expect, test } from 'vitest'
import { Report, WorkerFrame } from '#swarm/gen/vortex/swarm/v1/swarm.ts'
import { FRAME_BYTES_MAX, FRAME_ITEMS_MAX, MESSAGE_BYTES_MAX } from '#swarm/limits.ts'
import type { AttemptEnd, RenderedField } from '../runner.ts'
import { makeEnd } from '../testing/scriptedRunner.ts'
import { type SwarmBench, startBench, until } from '../testing/swarmBench.ts'
import { endedToWire } from './endedToWire.ts'
import { emptyWorkerFrame } from './outgoing.ts'
import { ReportQueue } from './reportQueue.ts'

let bench: SwarmBench | null = null
afterEach(async () => {
  await bench?.close()
  bench = null
})

const ref = { task_instance_id: 1, attempt: 1, lease_token: 'lease' }
const body = (change: Partial<AttemptEnd>): Report['body'] => ({
  $case: 'ended',
  value: endedToWire(makeEnd(change), { log: { size: 0, truncated: false }, output: null }),
})

describe('a frame', () => {
  const text = 'x'.repeat(70_000)
  test.each<[string, Partial<AttemptEnd>]>([
    ['asset events', { asset_events_json: text }],
    ['waits and events', { deferral_json: text }],
    ['tasks to skip', { skip_task_ids: Array.from({ length: 280 }, () => 'x'.repeat(250)) }],
    ['labels', { rendered_map_index: text }],
    ['wide characters', { deferral_json: '語'.repeat(25_000) }],
  ])('of many reports with %s stays within its size', (_, change) => {
    const queue = new ReportQueue(() => 0)
    for (let count = 0; count < 100; count++) queue.add({ ref, body: body(change) })
    let sent = 0
    for (let taken = queue.take({ bytes: FRAME_BYTES_MAX, items: FRAME_ITEMS_MAX }); taken.reports.length > 0;) {
      expect(WorkerFrame.encode({ ...emptyWorkerFrame(), reports: taken.reports }).finish().length).toBeLessThanOrEqual(FRAME_BYTES_MAX)
      sent += taken.reports.length
      queue.ack(taken.reports.at(-1)?.seq ?? 0)
      taken = queue.take({ bytes: FRAME_BYTES_MAX, items: FRAME_ITEMS_MAX })
    }
    expect(sent).toBe(100)
    expect(queue.bytes).toBe(0)
  })

  test('takes no report that no frame could carry', () => {
    const queue = new ReportQueue(() => 0)
    expect(queue.add({ ref, body: body({ asset_events_json: 'x'.repeat(MESSAGE_BYTES_MAX) }) })).toBe(false)
    expect(queue.size).toBe(0)
  })
})

describe('whatever an attempt ends with, its report arrives, and what comes after it', () => {
  test.each<[string, Partial<AttemptEnd>, Record<string, unknown>]>([
    [
      'asset events beyond a message',
      { asset_events_json: JSON.stringify(['x'.repeat(MESSAGE_BYTES_MAX)]) },
      { outcome: 'failed', reason_code: 'too_large', reason: expect.stringContaining('mostly by its asset events') as unknown },
    ],
    [
      'a wait beyond a message',
      { outcome: 'deferred', deferral_json: 'x'.repeat(MESSAGE_BYTES_MAX) },
      { outcome: 'failed', reason_code: 'too_large', deferral_json: null },
    ],
    ['a reason of megabytes', { outcome: 'skipped', reason: 'y'.repeat(MESSAGE_BYTES_MAX) }, { outcome: 'skipped' }],
    ['an exit code beyond 32 bits', { outcome: 'failed', exit_code: 2 ** 40 }, { outcome: 'failed', exit_code: 2 ** 31 - 1 }],
    ['fifty days', { run_ms: 50 * 86_400_000 }, { outcome: 'success' }],
    ['a date before 1970', { outcome: 'rescheduled', reschedule_at_ms: -5 }, { outcome: 'rescheduled', reschedule_at: 1 }],
    ['a date beyond all calendars', { outcome: 'rescheduled', reschedule_at_ms: 1e300 }, { outcome: 'rescheduled' }],
  ])('%s', async (_, change, expected) => {
    bench = await startBench()
    const ends = [change, {}]
    const worker = await bench.startWorker((attempt) => attempt.end(ends.shift()), { capacity: 1 })
    const attempts = [bench.attempt({}), bench.attempt({})]
    await bench.assign(worker, attempts)
    const { engine } = bench
    await until(() => engine.alive.size === 0, 'both ends are committed')
    expect(engine.ends()).toMatchObject([expected, { outcome: 'success' }])
    expect(engine.ends()[0]?.reason.length).toBeLessThanOrEqual(2_000)
    // It was not sent again over a new stream.
    expect(engine.hellos).toHaveLength(1)
  })

  test('template fields of wide characters, which have more bytes than characters', async () => {
    bench = await startBench()
    const value = '語'.repeat(64 * 1024)
    const worker = await bench.startWorker((attempt) => {
      attempt.rendered([
        { name: 'sql', value, is_cut: false },
        { name: 'more', value: 'lost', is_cut: false },
      ])
      attempt.end()
    })
    const attempt = bench.attempt({})
    await bench.assign(worker, [attempt])
    const { engine, store } = bench
    await until(async () => (await store.renderedGet(attempt.ref)) !== null, 'they are stored')
    await until(() => engine.alive.size === 0, 'its end is committed')
    expect(engine.hellos).toHaveLength(1)
    const [sql] = JSON.parse((await store.renderedGet(attempt.ref))?.fields ?? '[]') as RenderedField[]
    expect(sql).toMatchObject({ name: 'sql', is_cut: true })
    expect(value.startsWith(sql?.value ?? '-')).toBe(true)
    expect(sql?.value.length).toBeGreaterThan(40_000)
  })

  test('a question of wide characters is measured in bytes', async () => {
    bench = await startBench()
    let code = ''
    const worker = await bench.startWorker(async (attempt) => {
      code = (await attempt.ask('variable.get', { key: '語'.repeat(12 * 1024 * 1024) })).error_code
      attempt.end()
    })
    await bench.assign(worker, [bench.attempt({})])
    const { engine } = bench
    await until(() => engine.alive.size === 0, 'its end is committed')
    expect(code).toBe('too_large')
    expect(engine.hellos).toHaveLength(1)
  })
})
