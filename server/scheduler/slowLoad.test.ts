import { describe, expect, it } from 'vitest'
import { spec, task } from './simulation/workload.ts'
import { EngineHarness } from './testing/engineHarness.ts'

const dag = spec({ dag_id: 'd', tasks: [task({ task_id: 'a' })] })

describe('a load that takes longer than the lease', () => {
  it('ends in a term all the same, which nobody else wins meanwhile', async () => {
    const h = new EngineHarness([dag])
    h.loadMs = 10_000
    void h.service.start()
    await h.pass(9_000)
    expect(h.service.role).not.toBe('leader')
    // A rival would have won if the lease had ended.
    expect(h.db.leader.expires_at).toBeGreaterThan(h.time.now)
    await h.pass(1_500)
    expect(h.service.role).toBe('leader')
    expect(h.db.leader.epoch).toBe(1)
    await h.pass(5_000)
    expect([h.service.role, h.db.leader.epoch]).toEqual(['leader', 1])
  })

  it('and is lost to a rival meanwhile is not led', async () => {
    const h = new EngineHarness([dag])
    h.loadMs = 3_000
    void h.service.start()
    await h.pass(1_000)
    Object.assign(h.db.leader, { holder: 'rival', epoch: 2, expires_at: h.time.now + 6_000 })
    await h.pass(4_000)
    expect(h.service.role).not.toBe('leader')
    expect(h.db.leader.holder).toBe('rival')
    // It tries again by itself.
    await h.pass(8_000)
    expect([h.service.role, h.db.leader.epoch]).toEqual(['leader', 3])
  })

  it('and building memory from it holds the loop: the lease lasts as long', async () => {
    const h = new EngineHarness([dag])
    await h.start()
    await h.trigger('d')
    const [instance] = [...h.db.instances.values()]
    const [run] = [...h.db.runs.values()]
    if (instance === undefined || run === undefined) throw new Error('no run')
    const again = await h.restarted()
    expect(again.longestLease).toBeLessThan(2_010)
    for (let i = 0; i < 20_000; i++) h.db.instances.set(10_000 + i, { ...instance, id: 10_000 + i, task_id: `gone${i}`, state: 'removed' })
    const large = await again.restarted()
    expect(large.longestLease).toBeGreaterThan(5_000)
    // And the usual one again once it leads.
    expect(large.db.leader.expires_at - large.time.now).toBeLessThanOrEqual(2_010)
  })
})
