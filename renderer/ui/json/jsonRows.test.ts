import { describe, expect, it } from 'vitest'
import { jsonRows, PAGE, ROWS_MAX, shortJson } from './jsonRows.ts'

const all = { isOpen: () => true, shown: () => PAGE }
describe('rows of a JSON tree', () => {
  it('are the unfolded members in order', () => {
    const rows = jsonRows({ a: [1, 'x'], b: {} }, all)
    expect(rows.map(({ name, depth, size }) => [name, depth, size])).toEqual([
      [null, 0, 2],
      ['a', 1, 2],
      ['0', 2, null],
      ['1', 2, null],
      ['b', 1, 0],
    ])
    expect(jsonRows({ a: [1] }, { ...all, isOpen: (path) => path === '' }).length).toBe(2)
  })
  it('are a page of a long list, with a row for the rest', () => {
    const rows = jsonRows(
      Array.from({ length: 250 }, (_, at) => at),
      all,
    )
    expect([rows.length, rows.at(-1)?.more]).toEqual([102, 150])
  })
  it('have an end', () => {
    const wide = Array.from({ length: 200 }, () => Array.from({ length: 200 }, () => 1))
    expect(jsonRows(wide, { isOpen: () => true, shown: () => 200 }).length).toBeLessThanOrEqual(ROWS_MAX + 201)
  })
  it('are short when they are folded', () => {
    expect([shortJson([1, 2]), shortJson({}), shortJson('x'.repeat(400), 5), shortJson(null)]).toEqual(['[2]', '{}', '"xxxx …', 'null'])
  })
})
