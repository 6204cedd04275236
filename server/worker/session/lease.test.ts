import { describe, expect, test } from 'vitest'
import { createLeaseClock, Lease } from './lease.ts'

function makeLease(): { lease: Lease; at: (now: number) => Lease } {
  let now = 0
  const lease = new Lease(() => now)
  return { lease, at: (time) => ((now = time), lease) }
}

describe('a lease', () => {
  test('is neither valid nor over before the first welcome', () => {
    const { lease } = makeLease()
    lease.renew(0)
    expect([lease.isValid, lease.isOver, lease.left]).toEqual([false, false, 0])
  })

  test('counts from the sending and ends at 90 %', () => {
    const { lease, at } = makeLease()
    lease.begin({ lease_ms: 1000, sent_at: 100 })
    expect(at(999).isValid).toBe(true)
    expect(at(999).left).toBe(1)
    expect(at(1000).isOver).toBe(true)
  })

  test('an old answer does not shorten it', () => {
    const { lease, at } = makeLease()
    lease.begin({ lease_ms: 1000, sent_at: 0 })
    at(500).renew(400)
    lease.renew(200)
    expect(lease.left).toBe(800)
  })

  test('an answer that comes after the end revives nothing; a welcome does', () => {
    const { lease, at } = makeLease()
    lease.begin({ lease_ms: 1000, sent_at: 0 })
    at(950).renew(900)
    expect(lease.isValid).toBe(false)
    lease.end()
    lease.renew(940)
    expect(lease.isValid).toBe(false)
    lease.begin({ lease_ms: 1000, sent_at: 940 })
    expect(lease.isValid).toBe(true)
  })
})

describe('the lease clock', () => {
  function makeClock() {
    const times = { monotonic: 0, uptime: 50_000 }
    const clock = createLeaseClock(
      { now: () => 0, monotonic: () => times.monotonic, after: () => ({ cancel: () => undefined }) },
      () => times.uptime,
    )
    const pass = (ms: number, slept = 0): number => {
      times.monotonic += ms
      times.uptime += ms + slept
      return clock()
    }
    return pass
  }

  test('goes on while the machine sleeps', () => {
    const pass = makeClock()
    expect(pass(1000)).toBe(1000)
    expect(pass(100, 3_600_000)).toBe(3_601_100)
    expect(pass(1000)).toBe(3_602_100)
  })

  test('takes no notice of the uptime being coarse', () => {
    const pass = makeClock()
    let now = 0
    for (let step = 0; step < 1000; step++) now = pass(60, step % 2 === 0 ? 9 : -9)
    expect(now).toBe(60_000)
  })
})
