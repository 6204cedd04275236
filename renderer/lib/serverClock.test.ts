import { afterEach, expect, test, vi } from 'vitest'

afterEach(() => {
  vi.useRealTimers()
})

test('time is counted by the server, by the least late of its newest beats', async () => {
  vi.useFakeTimers({ now: Date.parse('2026-11-23T09:00:00.000Z') })
  const { learnServerTime, serverNow } = await import('./serverClock.ts')
  const ahead = () => serverNow() - Date.now()
  expect(ahead()).toBe(0)
  learnServerTime(299_900)
  // Held up on its way by a minute.
  learnServerTime(240_000)
  expect(ahead()).toBe(299_900)
  // The clock of this computer was set right.
  for (const beat of [-40, -55, -30, -61]) learnServerTime(beat)
  expect(ahead()).toBe(0)
  learnServerTime(Number.NaN)
  expect(ahead()).toBe(0)
})
