/** Whoever changes a pool stores it and tells the engine, which reads all of them. */
import { describe, expect, it } from 'vitest'
import { spec, task } from './simulation/workload.ts'
import { EngineHarness } from './testing/engineHarness.ts'

describe('the engine, told of pools,', () => {
  it('hears what the database has, however many were changed at the same time', async () => {
    const h = new EngineHarness([
      spec({ dag_id: 'd', tasks: ['a', 'b', 'c', 'd', 'e'].map((task_id) => task({ task_id, pool: 'p' })), edges: [] }),
    ])
    await h.start()
    const pool = { name: 'p', slots: 1, description: '', include_deferred: false }
    h.db.pools.push(pool)
    await h.answer(h.commands.poolsChanged({}))
    // The first one reads what holds before the second change, and hears of it last.
    const waits = [200, 0]
    h.beforePools = () => h.wait(waits.shift() ?? 0)
    const first = h.commands.poolsChanged({})
    pool.slots = 3
    const second = h.commands.poolsChanged({})
    await h.pass(500)
    await Promise.all([first, second])
    await h.trigger('d')
    expect(h.assigned).toHaveLength(3)
  })
  it('runs what named a pool that did not exist once it is made', async () => {
    const h = new EngineHarness([spec({ dag_id: 'd', tasks: [task({ task_id: 't0', pool: 'nowhere' })], edges: [] })])
    await h.start()
    const run = await h.trigger('d')
    expect(h.states(run)).toEqual({ t0: 'scheduled' })
    expect(h.queries.why({ dag_id: 'd', run_id: run, task_id: 't0', map_index: -1 })?.reasons[0]?.code).toBe('pool_missing')
    h.db.pools.push({ name: 'nowhere', slots: 1, description: '', include_deferred: false })
    await h.answer(h.commands.poolsChanged({}))
    expect(h.assigned).toHaveLength(1)
  })
})
