import { describe, expect, it } from 'vitest'
import { keyStep } from './keys.ts'
import { isSameTile, scrolledTo, tileOf } from './window.ts'

describe('keys in the grid', () => {
  const size = { rows: 30, columns: 10 }
  const moved = (key: string, row: number, column: number) => keyStep(key, { row, column }, size)
  it('move by one, by a page, to the ends, and never out', () => {
    expect(moved('ArrowDown', 3, 4)).toEqual({ kind: 'move', to: { row: 4, column: 4 } })
    expect(moved('ArrowRight', 3, 9)).toEqual({ kind: 'move', to: { row: 3, column: 9 } })
    expect(moved('ArrowUp', 0, 4)).toEqual({ kind: 'move', to: { row: -1, column: 4 } })
    expect(moved('ArrowLeft', 3, 0)).toEqual({ kind: 'move', to: { row: 3, column: -1 } })
    expect(moved('PageDown', 25, 4)).toEqual({ kind: 'move', to: { row: 29, column: 4 } })
    expect(moved('PageUp', 5, 4)).toEqual({ kind: 'move', to: { row: 0, column: 4 } })
    expect(moved('End', 5, 4)).toEqual({ kind: 'move', to: { row: 5, column: 9 } })
  })
  it('stay out of the corner', () => {
    expect(moved('ArrowLeft', -1, 0)).toEqual({ kind: 'move', to: { row: -1, column: 0 } })
    expect(moved('ArrowUp', 0, -1)).toEqual({ kind: 'move', to: { row: 0, column: -1 } })
  })
  it('begin at the newest run; Enter opens, Space folds, others are not the grid’s', () => {
    expect(keyStep('ArrowDown', null, size)).toEqual({ kind: 'move', to: { row: 1, column: 9 } })
    expect(moved('Enter', 1, 2)).toEqual({ kind: 'open', at: { row: 1, column: 2 } })
    expect(moved(' ', 1, -1)).toEqual({ kind: 'fold', at: { row: 1, column: -1 } })
    expect(moved('g', 1, 2)).toBeNull()
  })
})

describe('what is drawn', () => {
  it('is what is in sight, in whole blocks with one around, and no more than there is', () => {
    expect(tileOf({ top: 0, left: 0, width: 600, height: 700 }, 5000, 100)).toEqual({ rowFrom: 0, rowTo: 48, columnFrom: 0, columnTo: 40 })
    expect(tileOf({ top: 24_000, left: 1200, width: 600, height: 700 }, 5000, 100)).toEqual({
      rowFrom: 976,
      rowTo: 1056,
      columnFrom: 40,
      columnTo: 88,
    })
    expect(tileOf({ top: 0, left: 0, width: 600, height: 700 }, 3, 2)).toEqual({ rowFrom: 0, rowTo: 3, columnFrom: 0, columnTo: 2 })
    const small = tileOf({ top: 10, left: 0, width: 600, height: 700 }, 5000, 100)
    expect(isSameTile(small, tileOf({ top: 40, left: 0, width: 600, height: 700 }, 5000, 100))).toBe(true)
  })
  it('is scrolled as little as needed', () => {
    expect(scrolledTo(100, 200, 50, 24)).toBe(50)
    expect(scrolledTo(100, 200, 150, 24)).toBe(100)
    expect(scrolledTo(100, 200, 290, 24)).toBe(114)
  })
})
