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
})
