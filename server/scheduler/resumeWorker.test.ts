import { describe, expect, it } from 'vitest'
import { EngineHarness } from './testing/engineHarness.ts'
import { spec, task } from './simulation/workload.ts'

const dag = spec({ dag_id: 'd', tasks: [task({ task_id: 'a' })] })

describe('the end of a drain', () => {
  it('gives the worker what waited for it, also after it came back', async () => {
    const h = new EngineHarness([dag])
    await h.start()
    await h.answer(h.commands.workerDrain({ worker_id: 'w', actor: 'x' }))
    const run = await h.trigger('d')
    expect(h.assigned).toEqual([])
    const why = h.queries.why({ dag_id: 'd', run_id: run, task_id: 'a', map_index: -1 })
    expect(why?.reasons).toEqual([
      expect.objectContaining({ code: 'workers_draining', message: expect.stringContaining('vortex workers resume w') as string }),
    ])
    await h.answer(h.commands.workerResume({ worker_id: 'w', actor: 'x' }))
    expect(h.assigned).toHaveLength(1)
    expect(h.db.ledger.filter(({ kind }) => kind === 'worker.resumed')).toHaveLength(1)
    expect(h.queries.workers()).toMatchObject([{ status: 'active' }])
  })
  it('needs the worker', async () => {
    const h = new EngineHarness([dag])
    await h.start()
    await h.trigger('d')
    await h.answer(h.commands.workerDrain({ worker_id: 'w', actor: 'x' }))
    h.inbox.workerDisconnected({ worker_id: 'w' })
    await expect(h.answer(h.commands.workerResume({ worker_id: 'w', actor: 'x' }))).rejects.toThrow('is not connected')
    await expect(h.answer(h.commands.workerResume({ worker_id: 'v', actor: 'x' }))).rejects.toThrow('no worker "v"')
  })
})
