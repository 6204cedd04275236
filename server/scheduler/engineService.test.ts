import { describe, expect, it } from 'vitest'
import { EngineHarness } from './testing/engineHarness.ts'

describe('whoever waits for the leadership', () => {
  it('shares one promise, so that waits which are given up leave nothing behind', async () => {
    const h = new EngineHarness([])
    const waits = Array.from({ length: 3 }, () => h.service.whenLeading())
    expect(new Set(waits).size).toBe(1)
    let isLeading = false
    void waits[0]?.then(() => (isLeading = true))
    await h.pass(50)
    expect(isLeading).toBe(false)
    await h.start()
    expect(isLeading).toBe(true)
    await expect(h.service.whenLeading()).resolves.toBeUndefined()
  })

  it('waits for the next term after one has ended', async () => {
    const h = new EngineHarness([])
    await h.start()
    Object.assign(h.db.leader, { holder: 'rival', epoch: 9, expires_at: h.time.now + 3_000 })
    await h.pass(1_000)
    let isLeading = false
    void h.service.whenLeading().then(() => (isLeading = true))
    await h.pass(1_000)
    expect(isLeading).toBe(false)
    await h.pass(3_000)
    expect(isLeading).toBe(true)
  })
})
