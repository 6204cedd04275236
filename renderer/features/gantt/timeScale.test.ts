import { describe, expect, it } from 'vitest'
import { held, idleStretches, joined, makeScale, ticks, zoomed } from './timeScale.ts'

const MIN = 60_000
const span = (from: number, to: number) => ({ from, to })

describe('the axis', () => {
  it('is plain where nothing is folded', () => {
    const scale = makeScale({ ...span(1000, 5000), busy: [span(1000, 2000)], fold: true })
    expect([scale.length, scale.at(3000), scale.time(2000), scale.folds]).toEqual([4000, 2000, 3000, []])
    expect([scale.at(0), scale.at(9999)]).toEqual([0, 4000])
  })
  it('folds what is idle for longer than everything else took, and finds back every instant', () => {
    const day = 1440 * MIN
    const busy = [span(0, 5 * MIN), span(day, day + 5 * MIN)]
    const scale = makeScale({ ...span(0, day + 5 * MIN), busy, fold: true })
    expect(scale.folds).toEqual([span(5 * MIN, day)])
    expect(scale.length).toBeCloseTo(10 * MIN * 1.03)
    for (const time of [0, MIN, 5 * MIN, 700 * MIN, day, day + MIN, day + 5 * MIN]) expect(scale.time(scale.at(time))).toBeCloseTo(time, -1)
    expect(makeScale({ ...span(0, day), busy, fold: false }).folds).toEqual([])
  })
  it('keeps short breaks and gives a run of no length an axis', () => {
    const scale = makeScale({ ...span(0, 50_000), busy: [span(0, 1000), span(49_000, 50_000)], fold: true })
    expect(scale.folds).toEqual([])
    expect(makeScale({ ...span(5, 5), busy: [], fold: true }).length).toBe(20)
  })
  it('finds idle parts beside overlapping ones', () => {
    expect(idleStretches({ ...span(0, 10), busy: [span(4, 6), span(1, 3), span(2, 5)] })).toEqual([span(0, 1), span(6, 10)])
    expect(joined([span(4, 6), span(1, 3), span(2, 4)])).toEqual([span(1, 6)])
  })
  it('marks round instants that are far enough apart, and none inside a fold', () => {
    const scale = makeScale({ ...span(0, 100_000), busy: [span(0, 100_000)], fold: true })
    expect(ticks(scale, span(0, 100_000), 25_000)).toEqual([0, 30_000, 60_000, 90_000])
    expect(ticks(scale, span(40_000, 50_000), 2500)).toEqual([40_000, 45_000, 50_000])
    const day = 1440 * MIN
    const folded = makeScale({ ...span(0, day + 5 * MIN), busy: [span(0, 5 * MIN), span(day, day + 5 * MIN)], fold: true })
    const found = ticks(folded, span(0, folded.length), MIN)
    expect(found.every((time) => time <= 5 * MIN || time >= day)).toBe(true)
    expect(found.length).toBeGreaterThan(8)
  })
  it('zooms around a place and never leaves the axis', () => {
    const scale = { length: 1000 }
    expect(zoomed(scale, span(0, 1000), 0.5, 250)).toEqual(span(125, 625))
    expect(zoomed(scale, span(0, 500), 4, 100)).toEqual(span(0, 1000))
    expect(held(scale, span(-50, 50))).toEqual(span(0, 100))
    expect(held(scale, span(990, 1090))).toEqual(span(900, 1000))
  })
})
