import { describe, expect, it } from 'vitest'
import { heightOf, HEIGHT_MAX, placeAfter, placeOf, settled } from './pagedScroll.ts'

const size = { lines: 10_000_000, line_height: 20, view_height: 800 }

describe('the place in a list of millions of lines', () => {
  it('has a height that browsers draw', () => {
    expect(heightOf(size)).toBe(HEIGHT_MAX)
    expect(heightOf({ ...size, lines: 10 })).toBe(200)
  })
  it('reaches both ends', () => {
    expect(placeOf(0, size)).toEqual({ top: 0, scroll: 0 })
    expect(placeOf(10_000_000, size)).toEqual({ top: 9_999_960, scroll: HEIGHT_MAX - 800 })
    expect(placeAfter(placeOf(0, size), HEIGHT_MAX - 800, size).top).toBe(9_999_960)
  })
  it('moves by lines with the wheel, and by share with the bar', () => {
    const middle = placeOf(5_000_000, size)
    expect(placeAfter(middle, middle.scroll + 100, size).top).toBeCloseTo(5_000_005, 5)
    expect(placeAfter(middle, HEIGHT_MAX / 4, size).top / 10_000_000).toBeCloseTo(0.25, 3)
  })
  it('puts the bar right without moving a line', () => {
    let place = placeOf(5_000_000, size)
    for (let step = 0; step < 50; step += 1) place = placeAfter(place, place.scroll + 1000, size)
    expect(settled(place, size).top).toBe(place.top)
    expect(settled(place, size)).toEqual(placeOf(place.top, size))
    expect(settled(place, size).scroll).not.toBeCloseTo(place.scroll, 0)
  })
  it('is plain scrolling for a short list', () => {
    const short = { ...size, lines: 1000 }
    expect(placeAfter(placeOf(0, short), 400, short).top).toBeCloseTo(20, 5)
    expect(placeOf(1, { ...size, lines: 3 })).toEqual({ top: 0, scroll: 0 })
  })
})
