/** Deferred task instances in the engine: who watches their trigger, what ends the wait, and what a restart makes of it. */
import { describe, expect, it } from 'vitest'
import type { DagSpec, TaskSpec } from '#contract/dagSpec.ts'
import type { AssignedAttempt } from './ports.ts'
import { EngineHarness } from './testing/engineHarness.ts'
import { spec, task } from './simulation/workload.ts'

const actor = 'x'
const BODY = JSON.stringify({ trigger: 'vortex.triggers.X' })
const EVENT = JSON.stringify({ event: 7 })

const dagOf = (tasks: (Partial<TaskSpec> & { task_id: string })[], more: Partial<DagSpec> = {}): DagSpec =>
  spec({ dag_id: 'd', tasks: tasks.map((one) => task({ kind: 'python', ...one })), ...more })

const kinds = (work: AssignedAttempt[]): string[] => work.map(({ kind, task_instance }) => `${kind} ${task_instance.task_id}`)
const row = (h: EngineHarness, task_id = 'a') => [...h.db.instances.values()].find((one) => one.task_id === task_id)
const attempts = (h: EngineHarness) => [...h.db.attempts.values()].map(({ attempt, state }) => `${attempt} ${state}`)

/** A run whose task `a` has deferred itself, and the errand that was given out for it. */
async function deferred(
  dag = dagOf([{ task_id: 'a', retries: 1 }]),
  p: { timeout_ms?: number; pools?: ConstructorParameters<typeof EngineHarness>[1] } = {},
): Promise<{ h: EngineHarness; run: string; trigger: AssignedAttempt }> {
  const h = new EngineHarness([dag], p.pools)
  await h.start(1)
  const run = await h.trigger('d')
  const [attempt] = h.takeAssigned()
  const timeout = p.timeout_ms === undefined ? {} : { deferral_timeout_at: h.service.engine!.now + p.timeout_ms }
  await h.end(attempt!, 'deferred', { deferral_json: BODY, ...timeout })
  const [trigger] = h.takeAssigned()
  return { h, run, trigger: trigger! }
}

describe('a deferred task', () => {
  it('holds no slot, is watched as an errand, and goes on with the event as no new try', async () => {
    const { h, run, trigger } = await deferred()
    expect(trigger).toMatchObject({
      kind: 'trigger',
      task_instance: { task_id: 'a', state: 'deferred', deferral: { body: BODY, event: null } },
    })
    expect(row(h)).toMatchObject({ state: 'deferred', lease_token: null, continuations: 0 })
    expect(h.queries.counts().running).toBe(0)
    expect(h.queries.why({ dag_id: 'd', run_id: run, task_id: 'a', map_index: -1 })?.reasons).toEqual([
      { code: 'deferred', message: 'Worker w watches its trigger.', link: { worker_id: 'w' } },
    ])
    // The one slot of the worker is free for another run.
    const other = await h.trigger('d')
    const [beside] = h.takeAssigned()
    await h.end(beside!, 'success')
    expect(h.runState(other)).toBe('success')
    await h.end(trigger, 'success', { deferral_json: EVENT, output: 'seen\n' })
    const [again] = h.takeAssigned()
    expect(again).toMatchObject({
      kind: 'task',
      ref: { attempt: 2 },
      task_instance: { continuations: 1, max_tries: 3, deferral: { body: BODY, event: EVENT, output: 'seen\n' } },
    })
    await h.end(again!, 'success')
    expect(h.runState(run)).toBe('success')
    expect(row(h)).toMatchObject({ state: 'success', deferral: null, continuations: 1 })
    expect(h.service.engine?.errands.size).toBe(0)
  })

  it('keeps its XComs while it goes on, and begins anew after a failure', async () => {
    const { h, trigger } = await deferred()
    h.db.xcoms.set('x', { dag_run_id: row(h)!.dag_run_id, task_id: 'a', map_index: -1, key: 'k', value: '1', size: 1, timestamp: 0 })
    await h.end(trigger, 'success', { deferral_json: EVENT })
    expect(h.db.xcoms.size).toBe(1)
    const [again] = h.takeAssigned()
    await h.end(again!, 'failed')
    expect(row(h)).toMatchObject({ state: 'up_for_retry', deferral: null })
    await h.pass(400_000)
    const [retry] = h.takeAssigned()
    expect(retry).toMatchObject({ kind: 'task', ref: { attempt: 3 }, task_instance: { deferral: null } })
    expect(h.db.xcoms.size).toBe(0)
    await h.end(retry!, 'failed')
    // Two tries: the attempt that went on was none.
    expect(row(h)?.state).toBe('failed')
  })

  it('goes on with what its trigger failed of, and with its time-out', async () => {
    const failed = await deferred()
    await failed.h.end(failed.trigger, 'failed', { reason: 'ValueError: no' })
    expect(failed.h.takeAssigned()[0]?.task_instance.deferral?.event).toBe('{"failed":"ValueError: no"}')
    const late = await deferred(undefined, { timeout_ms: 5_000 })
    await late.h.pass(6_000)
    expect(late.h.takeAssigned()[0]?.task_instance.deferral?.event).toBe('{"timeout":true}')
    expect(late.h.killed).toEqual([late.trigger.ref])
    // Its event comes too late.
    await late.h.end(late.trigger, 'success', { deferral_json: EVENT })
    expect(row(late.h)?.deferral?.event).toBe('{"timeout":true}')
  })

  it('is bounded by its execution_timeout over all its waits, or by the deferral that ends before', async () => {
    const { h, trigger } = await deferred(dagOf([{ task_id: 'a', execution_timeout_ms: 60_000 }]))
    const began = row(h)!.deferral!.try_started_at!
    expect(row(h)?.deferral?.timeout_at).toBe(began + 60_000)
    await h.pass(40_000)
    await h.end(trigger, 'success', { deferral_json: EVENT })
    const [again] = h.takeAssigned()
    await h.end(again!, 'deferred', { deferral_json: BODY, deferral_timeout_at: h.service.engine!.now + 90_000 })
    expect(row(h)).toMatchObject({ deferral: { try_started_at: began, timeout_at: began + 60_000 }, next_try_at: began + 60_000 })
    await h.pass(21_000)
    const found = h.takeAssigned().find(({ kind }) => kind === 'task')
    expect(found?.task_instance.deferral).toMatchObject({ try_started_at: began, event: '{"timeout":true}' })

    const shorter = await deferred(dagOf([{ task_id: 'a', execution_timeout_ms: 60_000 }]), { timeout_ms: 5_000 })
    const { timeout_at, try_started_at } = row(shorter.h)!.deferral!
    expect(timeout_at! - try_started_at!).toBeLessThan(10_000)
  })

  it.each([
    ['clear', (h: EngineHarness, run_id: string) => h.commands.runClear({ dag_id: 'd', run_id, options: {}, actor }), 'queued'],
    ['cancel', (h: EngineHarness, run_id: string) => h.commands.runCancel({ dag_id: 'd', run_id, actor }), 'skipped'],
    [
      'mark',
      (h: EngineHarness, run_id: string) =>
        h.commands.taskInstanceMark({ dag_id: 'd', run_id, task_id: 'a', map_index: -1, state: 'success', actor }),
      'success',
    ],
  ])('is let go of by a %s, and its worker drops the trigger', async (_name, command, state) => {
    const { h, run, trigger } = await deferred()
    await h.answer<unknown>(command(h, run))
    expect(h.killed).toEqual([trigger.ref])
    expect(row(h)).toMatchObject({ state, deferral: null })
    await h.end(trigger, 'success', { deferral_json: EVENT })
    expect(row(h)).toMatchObject({ state, deferral: null })
  })

  it('holds the slots of a pool that counts deferred ones', async () => {
    const pools = [{ name: 'default_pool', slots: 1, description: '', include_deferred: true }]
    const { h, trigger } = await deferred(undefined, { pools: { pools } })
    await h.trigger('d')
    expect(h.takeAssigned()).toEqual([])
    await h.end(trigger, 'success', { deferral_json: EVENT })
    expect(h.takeAssigned()).toHaveLength(1)
  })

  it('fails with words where what it waits for is missing or too large', async () => {
    const h = new EngineHarness([dagOf([{ task_id: 'a', retries: 3 }])])
    await h.start()
    await h.trigger('d')
    await h.end(h.takeAssigned()[0]!, 'deferred', { deferral_json: 'x'.repeat(1024 * 1024 + 1) })
    expect(row(h)).toMatchObject({ state: 'failed', state_reason: expect.stringContaining('the limit is 1048576') as string })
  })
})

describe('the worker of a trigger', () => {
  it('is another one after it was lost, drained, or gave it back', async () => {
    const { h, trigger } = await deferred()
    await h.hello('v', [])
    await h.answer(h.inbox.workerReleased({ worker_id: 'w', refs: [trigger.ref] }))
    expect(kinds(h.takeAssigned())).toEqual(['trigger a'])
    await h.end(trigger, 'killed')
    // Whoever has an event is right.
    h.inbox.workerHeartbeat({ worker_id: 'v', running: 0 })
    await h.pass(8_000)
    await h.end(trigger, 'success', { deferral_json: EVENT })
    expect(kinds(h.takeAssigned()).at(-1)).toBe('task a')
    expect(row(h)?.deferral?.event).toBe(EVENT)
  })

  it('is asked again for what it does not hold, and told to drop what another one has', async () => {
    const { h, trigger } = await deferred()
    await h.hello('w', [])
    expect(h.takeAssigned().map(({ ref }) => ref)).toEqual([trigger.ref])
    await h.hello('w', [trigger.ref])
    expect(h.takeAssigned()).toEqual([])
    const stranger = await h.answer(
      h.inbox.workerConnected({
        worker_id: 'v',
        hostname: 'v',
        capacity: 1,
        queues: [],
        labels: [],
        version: '',
        local: true,
        draining: false,
        held: [trigger.ref],
      }),
    )
    expect(stranger.unknown).toEqual([trigger.ref])
  })

  it('goes on with it over a restart of the controller; what nobody holds is given out when the leases have ended', async () => {
    const { h, trigger } = await deferred()
    const again = await h.restarted()
    await again.hello('w', [trigger.ref])
    await again.pass(10_000)
    expect(again.takeAssigned()).toEqual([])
    await again.end(trigger, 'success', { deferral_json: EVENT })
    expect(kinds(again.takeAssigned())).toEqual(['task a'])

    const alone = await deferred()
    const later = await alone.h.restarted()
    await later.pass(5_000)
    expect(later.takeAssigned()).toEqual([])
    await later.hello('other', [])
    await later.pass(4_000)
    expect(kinds(later.takeAssigned())).toEqual(['trigger a'])
  })

  it('keeps an attempt that goes on over a restart', async () => {
    const { h, trigger } = await deferred()
    await h.end(trigger, 'success', { deferral_json: EVENT })
    const [attempt] = h.takeAssigned()
    const again = await h.restarted()
    await again.hello('w', [attempt!.ref])
    await again.end(attempt!, 'success')
    expect(row(again)).toMatchObject({ state: 'success', deferral: null })
    expect(attempts(again)).toEqual(['1 deferred', '2 success'])
  })
})

it('triggers that no worker may have cost a step no look at each of them', async () => {
  const tasks = Array.from({ length: 100 }, (_, i) => ({ task_id: `g${i}`, queue: 'gpu' }))
  const other = spec({ dag_id: 'other', tasks: [task({ task_id: 'a' })] })
  const h = new EngineHarness([dagOf(tasks, { max_active_tasks: 100 }), other], { parallelism: 200 })
  await h.start(1)
  await h.hello('gpus', [], { queues: ['gpu'] })
  await h.trigger('d')
  for (const attempt of h.takeAssigned()) await h.end(attempt, 'deferred', { deferral_json: BODY })
  const triggers = h.takeAssigned().map(({ ref }) => ref)
  expect(triggers).toHaveLength(100)
  await h.hello('gpus', triggers, { queues: ['gpu'], draining: true })
  await h.answer(h.inbox.workerReleased({ worker_id: 'gpus', refs: triggers }))
  let looks = 0
  for (const worker of h.service.engine!.workers.values()) {
    const serves = worker.serves.bind(worker)
    worker.serves = (queue) => {
      if (queue === 'gpu') looks++
      return serves(queue)
    }
  }
  const run = await h.trigger('other')
  await h.end(h.takeAssigned()[0]!, 'success')
  expect(h.runState(run)).toBe('success')
  expect(looks).toBeGreaterThan(0)
  expect(looks).toBeLessThan(50)
  await h.hello('more', [], { queues: ['gpu'] })
  expect(h.takeAssigned()).toHaveLength(100)
})

describe('a poke', () => {
  it('keeps when the first one began until the task is cleared', async () => {
    const h = new EngineHarness([dagOf([{ task_id: 'a' }])])
    await h.start()
    const run_id = await h.trigger('d')
    const [first] = h.takeAssigned()
    const began = h.service.engine!.now
    await h.end(first!, 'rescheduled', { reschedule_at: began + 60_000 })
    const since = row(h)?.waiting_since
    expect(since).toBeGreaterThanOrEqual(began)
    await h.pass(61_000)
    const [second] = h.takeAssigned()
    expect(second).toMatchObject({ ref: { attempt: 2 }, task_instance: { continuations: 1, waiting_since: since } })
    await h.end(second!, 'success')
    await h.answer(h.commands.runClear({ dag_id: 'd', run_id, options: {}, actor }))
    expect(row(h)).toMatchObject({ waiting_since: null, continuations: 1 })
  })
})
