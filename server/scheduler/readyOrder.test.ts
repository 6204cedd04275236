/** The order in which runnable task instances are given out, and what giving them out costs. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { EngineHarness } from './testing/engineHarness.ts'
import { Limit, ReadyQueue, ReadyQueues, type Runnable } from './readyQueues.ts'
import { spec, task } from './simulation/workload.ts'
import { SIM_START } from './simulation/simClock.ts'

async function started(...args: ConstructorParameters<typeof EngineHarness>): Promise<EngineHarness> {
  const harness = new EngineHarness(...args)
  await harness.start()
  return harness
}

const DAY = 86_400_000

describe('sensors that poke again', () => {
  const sensors = Array.from({ length: 4 }, (_, i) => task({ task_id: `s${i}` }))
  const dag = spec({ dag_id: 'd', max_active_runs: 100, tasks: sensors })
  const short = spec({ dag_id: 'short', tasks: [task({ task_id: 'a' })] })

  /** All four have poked once and are due again; one task runs at a time. */
  async function due(late_ms: number): Promise<EngineHarness> {
    const h = await started([dag, short], { parallelism: 1 })
    await h.trigger('d', { run_id: 'r' })
    const reschedule_at = h.service.engine!.now + 10_000
    for (let i = 0; i < 4; i++) await h.end(h.takeAssigned()[0]!, 'rescheduled', { reschedule_at })
    // Somebody has the only slot while they become due.
    await h.trigger('short', { run_id: 'first' })
    await h.pass(10_000 + late_ms)
    return h
  }
  const pokes = (h: EngineHarness): string[] => h.takeAssigned().map(({ run, task_instance }) => `${run.run_id} ${task_instance.task_id}`)

  it('let a task that begins later go first, but not for ever', async () => {
    const h = await due(1_000)
    const [first] = h.takeAssigned()
    await h.trigger('short', { run_id: 'later' })
    await h.end(first!, 'success')
    expect(pokes(h)).toEqual(['later a'])
    const late = await due(301_000)
    const [other] = late.takeAssigned()
    await late.trigger('short', { run_id: 'later' })
    await late.end(other!, 'success')
    expect(pokes(late)).toEqual(['r s0'])
  })

  it('each have their turn, though more are due than can poke', async () => {
    const h = await due(1_000)
    const seen: string[] = []
    let [attempt] = h.takeAssigned()
    await h.end(attempt!, 'success')
    for (let i = 0; i < 6; i++) {
      ;[attempt] = h.takeAssigned()
      seen.push(attempt!.task_instance.task_id)
      // Due again at once.
      await h.end(attempt!, 'rescheduled', { reschedule_at: h.service.engine!.now })
      await h.pass(1)
    }
    expect(seen).toEqual(['s0', 's1', 's2', 's3', 's0', 's1'])
  })
})

describe('a task that gave its place back', () => {
  const dag = spec({ dag_id: 'd', max_active_runs: 100, tasks: [task({ task_id: 'a', retries: 3 })] })

  /** The younger run is on the worker, five older ones wait behind it. */
  async function busy(): Promise<{ h: EngineHarness; young: string }> {
    const h = await started([dag], { parallelism: 1 })
    const young = await h.trigger('d', { run_id: 'young', logical_date: SIM_START })
    for (let i = 1; i <= 5; i++) await h.trigger('d', { run_id: `old${i}`, logical_date: SIM_START - i * DAY })
    expect(h.assigned.map(({ run }) => run.run_id)).toEqual([young])
    return { h, young }
  }

  it('goes first among its equals after its worker was lost', async () => {
    const { h, young } = await busy()
    h.takeAssigned()
    await h.pass(9000, { beats: false })
    await h.hello('v', [])
    expect(h.takeAssigned().map(({ run, ref }) => `${run.run_id} ${ref.attempt}`)).toEqual([`${young} 2`])
  })
  it('goes first also when a new controller has taken over meanwhile', async () => {
    const { h, young } = await busy()
    h.takeAssigned()
    await h.pass(9000, { beats: false })
    expect(h.states(young)).toEqual({ a: 'scheduled' })
    const again = await h.restarted()
    expect(again.takeAssigned().map(({ run }) => run.run_id)[0]).toBe(young)
  })
  it('goes first after its worker gave it back unstarted', async () => {
    const { h, young } = await busy()
    const [first] = h.takeAssigned()
    await h.answer(h.inbox.workerReleased({ worker_id: 'w', refs: [first!.ref] }))
    expect(h.takeAssigned().map(({ run }) => run.run_id)).toEqual([young])
  })
  it('waits its turn after a failure of its own', async () => {
    const { h } = await busy()
    const [first] = h.takeAssigned()
    await h.end(first!, 'failed')
    await h.end(h.takeAssigned()[0]!, 'success')
    await h.pass(5000)
    await h.end(h.takeAssigned()[0]!, 'success')
    expect(h.takeAssigned().map(({ run }) => run.run_id)).toEqual(['old3'])
  })
})

describe('ready queues', () => {
  it('let a better task pass that became runnable while its queue waited for a slot', async () => {
    const slots = { pool: 'p', weight_rule: 'absolute' } as const
    const h = await started(
      [
        spec({ dag_id: 'blocker', tasks: [task({ task_id: 'blocker', ...slots })] }),
        spec({ dag_id: 'older', tasks: [task({ task_id: 'x', ...slots })] }),
        spec({
          dag_id: 'younger',
          tasks: [task({ task_id: 'gate' }), task({ task_id: 'y', ...slots }), task({ task_id: 'urgent', priority_weight: 9, ...slots })],
          edges: [['gate', 'urgent', null]],
        }),
      ],
      { pools: [1, 128].map((n) => ({ name: n === 1 ? 'p' : 'default_pool', slots: n, description: '', include_deferred: false })) },
    )
    await h.trigger('blocker')
    await h.trigger('older')
    await h.trigger('younger')
    const [blocker, gate] = h.takeAssigned()
    await h.end(gate!, 'success')
    await h.end(blocker!, 'success')
    expect(await h.endAll()).toEqual(['urgent', 'x', 'y'])
  })

  /** As much of a task instance as its order needs. */
  const instance = (id: number): Runnable => ({
    record: { id, priority_weight: 1, state: 'scheduled', queued_time: null, waiting_since: null, next_try_at: null, scheduled_time: null },
    run: { record: { logical_date: id, run_after: id } },
    queue: null,
  })

  it('do not look again and again at queues that no worker serves', () => {
    const ready = new ReadyQueues()
    const limit = new Limit('pool', 'p', 1000)
    const add = (key: string, worker_queue: string, id: number): void => {
      ready.add(
        ready.queueFor(key, [{ limit, slots: 1 }], () => new ReadyQueue(key, [{ limit, slots: 1 }], worker_queue)),
        instance(id),
      )
    }
    for (let i = 0; i < 500; i++) add(`gpu${i}`, 'gpu', i)
    let looks = 0
    let served = 'default'
    const placed: string[] = []
    const drain = (): void =>
      ready.drain({
        hasCapacity: () => true,
        hasRoom: (worker_queue) => served.includes(worker_queue),
        place: (_, queue) => {
          looks++
          if (!served.includes(queue.worker_queue)) return false
          placed.push(queue.key)
          return true
        },
      })
    drain()
    looks = 0
    for (let i = 0; i < 50; i++) {
      add('cpu', 'default', 1000 + i)
      drain()
    }
    expect(looks).toBe(50)
    served = 'default gpu'
    drain()
    expect(placed.slice(50)).toEqual(Array.from({ length: 500 }, (_, i) => `gpu${i}`))
    expect(ready.size).toBe(0)
  })
})

describe('what waits for ever', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const pools = ['default_pool', 'closed'].map((name) => ({
    name,
    slots: name === 'closed' ? 0 : 128,
    description: '',
    include_deferred: false,
  }))

  it.each([
    ['a pool without slots', { pool: 'closed' }],
    ['a pool that does not exist', { pool: 'none' }],
    ['a queue without workers', { queue: 'gpu' }],
  ])('holds no run in memory that has ended while it waited for %s', async (_, change) => {
    const tasks = Array.from({ length: 50 }, (_, i) => task({ task_id: `t${i}`, ...change }))
    const h = await started([spec({ dag_id: 'd', tasks, edges: [], max_active_runs: 100, dagrun_timeout_ms: 5000 })], { pools })
    const runs: WeakRef<object>[] = []
    for (let i = 0; i < 10; i++) {
      const run_id = await h.trigger('d', { run_id: `r${i}` })
      runs.push(new WeakRef(h.service.engine?.dags.get('d')?.runs.get(run_id) ?? {}))
    }
    await h.pass(20_000)
    expect(new Set([...h.db.runs.values()].map(({ state }) => state))).toEqual(new Set(['failed']))
    for (let i = 0; i < 5; i++) {
      collect()
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
    expect(runs.filter((run) => run.deref() !== undefined)).toEqual([])
  })

  const waiting = (id: number, priority_weight = 1): Runnable => ({
    record: { id, state: 'scheduled', priority_weight, queued_time: null, waiting_since: null, next_try_at: null, scheduled_time: null },
    run: { record: { logical_date: 0, run_after: 0 } },
    queue: null,
  })
  const world = () => {
    const limit = new Limit('pool', 'p', 0)
    const limits = [{ limit, slots: 1 }]
    const ready = new ReadyQueues()
    const add = (key: string, instance: Runnable): ReadyQueue => {
      const queue = ready.queueFor(key, limits, () => new ReadyQueue(key, limits, 'default'))
      ready.add(queue, instance)
      return queue
    }
    const drain = (): number[] => {
      const placed: number[] = []
      const place = ({ record }: Runnable): boolean => {
        limit.used++
        return placed.push(record.id) > 0
      }
      ready.drain({ hasCapacity: () => true, hasRoom: () => true, place })
      return placed
    }
    return { limit, ready, add, drain }
  }

  it('keeps few of the places and items that nobody waits at any more', () => {
    const { limit, ready, add, drain } = world()
    const first = waiting(0)
    const queue = add('long', first)
    for (let id = 1; id <= 10_000; id++) {
      const [own, shared] = [waiting(id), waiting(-id)]
      add(`key ${id}`, own)
      add('long', shared)
      drain()
      ready.withdraw(own)
      ready.withdraw(shared)
    }
    expect([ready.size, limit.parked.size < 100, queue.items.size < 100]).toEqual([1, true, true])
    limit.max = 1
    ready.released(limit)
    expect(drain()).toEqual([0])
  })

  it('passes the chance of a freed slot on when nobody waits in the queue that got it', () => {
    const { limit, ready, add, drain } = world()
    const [best, next] = [waiting(1, 9), waiting(2)]
    add('a', best)
    add('b', next)
    drain()
    limit.max = 1
    ready.released(limit)
    ready.withdraw(best)
    expect(drain()).toEqual([2])
  })

  it('gives out in order although the best of a queue were withdrawn by the hundred', () => {
    const { limit, ready, add, drain } = world()
    const best = Array.from({ length: 500 }, (_, i) => waiting(1000 + i, 9))
    for (const instance of best) add('a', instance)
    add('a', waiting(1, 1))
    add('b', waiting(2, 5))
    drain()
    limit.max = 1
    ready.released(limit)
    for (const instance of best) ready.withdraw(instance)
    expect(drain()).toEqual([2])
    limit.max = 2
    ready.released(limit)
    expect(drain()).toEqual([1])
  })
})
