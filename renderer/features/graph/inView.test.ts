import { describe, expect, it } from 'vitest'
import { boxOf, isInView } from './inView.ts'

const box = boxOf([
  { position: { x: -100, y: 0 }, width: 50, height: 20 },
  { position: { x: 300, y: 80 }, width: 100, height: 20 },
])

describe('a graph in its window', () => {
  it('is as large as its nodes', () => {
    expect(box).toEqual({ x: -100, y: 0, width: 500, height: 100 })
    expect(boxOf([])).toEqual({ x: 0, y: 0, width: 0, height: 0 })
  })
  it('is whole only if no side is cut', () => {
    const fitting = { x: 100, y: 0, zoom: 1, width: 500, height: 100 }
    expect(isInView(box, fitting)).toBe(true)
    for (const change of [{ x: 90 }, { x: 110 }, { y: -10 }, { y: 10 }, { zoom: 1.1 }])
      expect(isInView(box, { ...fitting, ...change })).toBe(false)
    expect(isInView(box, { ...fitting, x: 50, zoom: 0.5 })).toBe(true)
  })
})
