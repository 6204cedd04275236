import { describe, expect, it } from 'vitest'
import type { TimelineBar } from '#contract/overview.ts'
import { askedRange, HOUR_MS, lanesOf, marksOf, place, windowOf } from './scale.ts'

const NOW = Date.parse('2026-11-23T09:20:00Z')
const clock = (at: number) => new Date(at).toISOString().slice(11, 16)

describe('the window', () => {
  it('follows the present, with the next runs in it', () => {
    const window = windowOf({ hours: 6, at: null, now: NOW })
    expect(window.end - window.start).toBe(6 * HOUR_MS)
    expect(place(NOW, window)).toBe(0.75)
  })
  it('asks for the same range while it moves a little', () => {
    const asked = askedRange(windowOf({ hours: 6, at: null, now: NOW }))
    expect(asked).toEqual({ from: '2026-11-23T03:00:00.000Z', to: '2026-11-23T12:00:00.000Z' })
    expect(askedRange(windowOf({ hours: 6, at: null, now: NOW + 60_000 }))).toEqual(asked)
  })
  it('is marked at round times of the zone, a few only', () => {
    const window = windowOf({ hours: 6, at: NOW, now: NOW })
    expect(marksOf(window, 8, 0).map(clock)).toEqual(['10:00', '11:00', '12:00', '13:00', '14:00', '15:00'])
    expect(marksOf(window, 4, 5.5 * HOUR_MS).map((at) => clock(at + 5.5 * HOUR_MS))).toEqual(['16:00', '18:00', '20:00'])
  })
})

describe('lanes', () => {
  const bar = (start: number, end: number | null): TimelineBar => ({
    run_id: `${start}`,
    state: 'success',
    queued_time: new Date(NOW).toISOString(),
    start_time: new Date(NOW + start * 1000).toISOString(),
    end_time: end === null ? null : new Date(NOW + end * 1000).toISOString(),
  })
  it('keep apart what overlaps', () => {
    const { placed, lanes } = lanesOf([bar(0, 10), bar(5, 8), bar(9, 20), bar(10, 12)], NOW)
    expect(placed.map(({ lane }) => lane)).toEqual([0, 1, 1, 0])
    expect(lanes).toBe(2)
  })
  it('are few', () => {
    expect(lanesOf([bar(0, null), bar(1, null), bar(2, null), bar(3, null)], NOW + 60_000)).toMatchObject({ lanes: 3 })
  })
})
