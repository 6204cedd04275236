/** Workers that are lost, come back, and drain. */
import { describe, expect, it } from 'vitest'
import { EngineHarness } from './testing/engineHarness.ts'
import { spec, task } from './simulation/workload.ts'

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
