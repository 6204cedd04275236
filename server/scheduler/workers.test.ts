/** Workers that are lost, come back, and drain. */
import { describe, expect, it } from 'vitest'
import { EngineHarness } from './testing/engineHarness.ts'
import { spec, task } from './simulation/workload.ts'
import { checkLeases } from './workers.ts'

const dag = spec({ dag_id: 'd', tasks: ['a', 'b', 'c'].map((task_id) => task({ task_id, retries: 3 })) })

async function started(): Promise<EngineHarness> {
  const harness = new EngineHarness([dag])
  await harness.start()
  return harness
}

describe('a worker that is declared lost', () => {
  it('has its session ended, so that it says hello and is given work again', async () => {
    const h = await started()
    await h.trigger('d')
    await h.pass(7000, { beats: false })
    expect(h.disconnected).toEqual([])
    await h.pass(1000, { beats: false })
    expect(h.disconnected).toEqual(['w'])
    h.takeAssigned()
    await h.hello('w', [])
    expect(h.takeAssigned().map(({ ref }) => ref.attempt)).toEqual([2, 2, 2])
  })
  it('is sent away once more when it beats on a session that outlived its loss', async () => {
    const h = await started()
    await h.pass(8000, { beats: false })
    h.disconnected.length = 0
    h.inbox.workerHeartbeat({ worker_id: 'w', running: 0 })
    expect(h.disconnected).toEqual(['w'])
  })
})

describe('a worker that drains', () => {
  const drain = (h: EngineHarness): Promise<void> => h.answer(h.commands.workerDrain({ worker_id: 'w', actor: 'x' }))

  it('gets nothing new, and is told once', async () => {
    const h = await started()
    await drain(h)
    await drain(h)
    await h.trigger('d')
    expect([h.assigned, h.drained]).toEqual([[], ['w']])
    expect(h.db.ledger.filter(({ kind }) => kind === 'worker.drained')).toHaveLength(1)
  })
  it('is told again when it comes back without having heard of it', async () => {
    const h = await started()
    await drain(h)
    await h.hello('w', [])
    await h.trigger('d')
    expect([h.assigned, h.drained]).toEqual([[], ['w', 'w']])
  })
  it('is told again when it was lost, or idle and cut off, without having heard of it', async () => {
    const h = await started()
    await drain(h)
    h.inbox.workerDisconnected({ worker_id: 'w' })
    await h.hello('w', [])
    await h.trigger('d')
    expect([h.assigned, h.drained]).toEqual([[], ['w', 'w']])
    await h.pass(8000, { beats: false })
    await h.hello('w', [])
    expect([h.assigned, h.drained]).toEqual([[], ['w', 'w', 'w']])
  })
  it('goes on draining under a new controller', async () => {
    const h = await started()
    await drain(h)
    const again = await h.restarted()
    await again.hello('w', [], { draining: true })
    await again.trigger('d')
    expect(again.assigned.map(({ task_instance }) => task_instance.worker_id)).toEqual(['other', 'other', 'other'])
    expect(again.queries.workers().map(({ worker_id, status }) => `${worker_id} ${status}`)).toEqual(['other active', 'w draining'])
  })
})

describe('an attempt whose assignment is still being committed', () => {
  const chain = spec({ dag_id: 'd', tasks: ['a', 'b'].map((task_id) => task({ task_id, retries: 3 })), edges: [['a', 'b', null]] })

  /** The end of `a` is on its way to the database; with it goes that `b` is queued on `w`, which has heard nothing of it yet. */
  async function deciding(): Promise<{ h: EngineHarness; left: string[] }> {
    const h = new EngineHarness([chain])
    await h.start(1)
    await h.trigger('d', { run_id: 'r' })
    const [a] = h.takeAssigned()
    const left: string[] = []
    h.assigned.push = (...attempts) => {
      for (const { ref, task_instance } of attempts)
        left.push(`assign ${task_instance.task_id}#${ref.attempt} to ${task_instance.worker_id ?? ''}`)
      return left.length
    }
    h.killed.push = (...refs) => {
      for (const ref of refs) left.push(`kill #${ref.attempt}`)
      return left.length
    }
    void h.end(a!, 'success')
    while (h.service.engine?.live.size !== 1 || [...h.service.engine.live.values()][0]?.isSent !== false) await immediately()
    return { h, left }
  }
  const immediately = () => new Promise<void>((resolve) => setImmediate(resolve))
  const hello = (h: EngineHarness, worker_id: string, p: object = {}) =>
    h.inbox.workerConnected({
      ...{ worker_id, hostname: worker_id, capacity: 1, queues: [], labels: [], version: '', local: false, draining: false, held: [] },
      ...p,
    })

  it('is not gone because its worker, which says hello, does not name it: it is killed there before another one begins', async () => {
    const { h, left } = await deciding()
    const clear = h.commands.runClear({ dag_id: 'd', run_id: 'r', options: { task_ids: ['b'] }, actor: 'x' })
    await immediately()
    const hellos = [hello(h, 'w2'), hello(h, 'w', { draining: true })]
    await h.pass(300)
    await Promise.all([clear, ...hellos])
    expect(left).toEqual(['assign b#1 to w', 'kill #1'])
  })

  it('does not go to a worker that was declared lost meanwhile and has come back', async () => {
    const { h, left } = await deciding()
    const e = h.service.engine!
    h.service.touch(() => void checkLeases(e, Infinity))
    const hellos = [hello(h, 'w'), hello(h, 'w2')]
    await h.pass(300)
    await Promise.all(hellos)
    expect(left).toEqual([expect.stringMatching(/^assign b#2 to w2?$/)])
  })
})
