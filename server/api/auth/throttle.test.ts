import { describe, expect, it } from 'vitest'
import { createFakeClock } from '#testkit/fakeClock.ts'
import { createLoginThrottle } from './throttle.ts'

describe('the login throttle', () => {
  it('does not keep the owner of an account out while strangers guess at it from everywhere', () => {
    const clock = createFakeClock()
    const throttle = createLoginThrottle(clock)
    const owner = { username: 'admin', address: '10.0.0.1' }
    throttle.failed(owner)
    throttle.succeeded(owner)
    for (let i = 0; i < 500; i += 1) throttle.failed({ username: 'admin', address: `203.0.113.${i % 250}` })
    expect(throttle.wait({ username: 'admin', address: '198.51.100.1' })).toBeGreaterThan(0)
    expect(throttle.wait({ username: 'admin', address: '198.51.100.1' })).toBeLessThanOrEqual(60_000)
    expect(throttle.wait(owner)).toBe(0)
  })
  it('does not keep an owner out while somebody else behind the same address guesses', () => {
    const throttle = createLoginThrottle(createFakeClock())
    const owner = { username: 'vera', address: '10.0.0.1' }
    throttle.failed(owner)
    throttle.succeeded(owner)
    for (let i = 0; i < 100; i += 1) throttle.failed({ username: `user${i}`, address: '10.0.0.1' })
    expect(throttle.wait({ username: 'otto', address: '10.0.0.1' })).toBeGreaterThan(0)
    expect(throttle.wait(owner)).toBe(0)
    // Its own failures count, there and nowhere else.
    for (let i = 0; i < 20; i += 1) throttle.failed(owner)
    expect(throttle.wait(owner)).toBeGreaterThan(0)
  })
  it('slows one address down over many accounts', () => {
    const throttle = createLoginThrottle(createFakeClock())
    for (let i = 0; i < 30; i += 1) throttle.failed({ username: `user${i}`, address: '203.0.113.9' })
    expect(throttle.wait({ username: 'another', address: '203.0.113.9' })).toBe(1000)
  })
  it('does not count sign-ins that succeed', () => {
    const throttle = createLoginThrottle(createFakeClock())
    for (let i = 0; i < 200; i += 1) {
      throttle.failed({ username: 'vera', address: 'a' })
      throttle.succeeded({ username: 'vera', address: 'a' })
    }
    expect(throttle.wait({ username: 'vera', address: 'a' })).toBe(0)
    expect(throttle.wait({ username: 'otto', address: 'a' })).toBe(0)
  })
  it('forgets after 15 quiet minutes', () => {
    const clock = createFakeClock()
    const throttle = createLoginThrottle(clock)
    for (let i = 0; i < 9; i += 1) throttle.failed({ username: 'vera', address: 'a' })
    expect(throttle.wait({ username: 'vera', address: 'a' })).toBe(16_000)
    clock.advance(15 * 60_000 + 1)
    expect(throttle.wait({ username: 'vera', address: 'a' })).toBe(0)
  })
})
