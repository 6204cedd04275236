import { describe, expect, it } from 'vitest'
import { encodeDuration, stateByte } from '#contract/gridCells.ts'
import type { GridRow } from '#contract/grid.ts'
import type { TaskInstanceState } from '#contract/states.ts'
import type { GridPage, GridRunCells } from '../../api/grid.ts'
import { buildColumns, cellFacts, newestWith, shownBytes, statesShown } from './columns.ts'
import { buildTree, openAtFirst, parseUnfolded, tasksOf, toggleFold, visibleRows } from './rows.ts'

const task = (id: string, parent: string | null = null): GridRow => ({ id, label: id, parent, operator: 'X', is_removed: false })
const group = (id: string, parent: string | null = null): GridRow => ({ id, label: id, parent, operator: null, is_removed: false })
const ROWS = [task('begin'), group('g'), task('g.a', 'g'), group('h', 'g'), task('h.b', 'h'), task('end')]
const run = (run_id: string, states: (TaskInstanceState | null)[], change: Partial<GridRunCells> = {}): GridRunCells =>
  ({
    run_id,
    states: Uint8Array.from(states, (state) => (state === null ? 0 : stateByte(state))),
    tries: new Uint8Array(states.length).fill(2),
    durations: new Uint16Array(states.length).fill(encodeDuration(700)),
    begun: new Map(),
    mapped: new Map(),
    task_counts: {},
    ...change,
  }) as unknown as GridRunCells
const page = (rows: GridRow[], ...runs: GridRunCells[]): GridPage => ({ rows_id: '', rows, runs, next_cursor: null })

describe('rows of the grid', () => {
  const { tree } = buildTree([ROWS])
  const names = (places: Int32Array) => [...places].map((at) => tree.rows[at]?.id)

  it('know their depth and where their members end', () => {
    expect([...tree.depth]).toEqual([0, 0, 1, 1, 2, 0])
    expect([...tree.end]).toEqual([1, 5, 3, 5, 5, 6])
    expect(tasksOf(tree, 1).map((at) => tree.rows[at]?.id)).toEqual(['g.a', 'h.b'])
  })
  it('are folded by default, and unfold by what the URL says', () => {
    expect(names(visibleRows(tree, parseUnfolded(undefined), undefined))).toEqual(['begin', 'g', 'end'])
    expect(names(visibleRows(tree, parseUnfolded('g'), undefined))).toEqual(['begin', 'g', 'g.a', 'h', 'end'])
    expect(names(visibleRows(tree, parseUnfolded('*'), undefined))).toHaveLength(6)
    // Unfolded within a folded one: not in sight.
    expect(names(visibleRows(tree, parseUnfolded('h'), undefined))).toEqual(['begin', 'g', 'end'])
  })
  it('fold one by one', () => {
    expect(toggleFold(tree, parseUnfolded(undefined), 'g')).toBe('g')
    expect(toggleFold(tree, parseUnfolded('g'), 'h')).toBe('*')
    expect(toggleFold(tree, 'all', 'g')).toBe('h')
    expect(toggleFold(tree, parseUnfolded('g'), 'g')).toBe('-')
  })
  it('are all shown at first if they are few, and stay folded once they were', () => {
    const large = buildTree([Array.from({ length: 26 }, (_, at) => ({ ...ROWS[0]!, id: `t${at}` }))]).tree
    expect([openAtFirst(tree, undefined), openAtFirst(large, undefined), openAtFirst(tree, '-')]).toEqual(['*', '-', '-'])
    expect(names(visibleRows(tree, parseUnfolded(openAtFirst(tree, '-')), undefined))).not.toContain('h.b')
    expect(toggleFold(tree, parseUnfolded('-'), 'g')).toBe('g')
  })
  it('are found by name with the groups around them; a group brings its members', () => {
    expect(names(visibleRows(tree, parseUnfolded(undefined), 'B'))).toEqual(['begin', 'g', 'h', 'h.b'])
    expect(names(visibleRows(tree, parseUnfolded(undefined), 'h.b'))).toEqual(['g', 'h', 'h.b'])
    expect(names(visibleRows(tree, parseUnfolded(undefined), 'nothing'))).toEqual([])
  })
})

describe('columns of the grid', () => {
  it('stand oldest first, each page by its own rows', () => {
    const old = [task('begin'), task('gone'), task('end')]
    const pages = [
      page(ROWS, run('r2', ['success', null, 'success', null, 'failed', 'upstream_failed'])),
      page(old, run('r1', ['success', 'skipped', 'success'])),
    ]
    const { tree, places } = buildTree(pages.map(({ rows }) => rows))
    const columns = buildColumns(pages, places)
    expect(columns.map((column) => column.run.run_id)).toEqual(['r1', 'r2'])
    expect(tree.rows.map(({ id }) => id)).toEqual(['begin', 'gone', 'g', 'g.a', 'h', 'h.b', 'end'])
    const states = columns.map((column) => tree.rows.map((_, row) => cellFacts(tree, column, row).state))
    expect(states).toEqual([
      ['success', 'skipped', null, null, null, null, 'success'],
      ['success', null, 'failed', 'success', 'failed', 'failed', 'upstream_failed'],
    ])
    expect(newestWith(tree, columns, 1)).toBe(0)
    expect(newestWith(tree, columns, 0)).toBe(1)
  })
  it('tell a task by duration and tries, a group and a mapped task by counts', () => {
    const cells = run('r', ['success', null, 'running', null, 'failed', 'none'], {
      begun: new Map([[2, 5000]]),
      mapped: new Map([[4, Uint8Array.of(stateByte('failed'), stateByte('success'), stateByte('success'))]]),
    })
    const pages = [page(ROWS, cells)]
    const { tree, places } = buildTree([ROWS])
    const [column] = buildColumns(pages, places)
    if (!column) throw new Error('no column')
    expect(cellFacts(tree, column, 0)).toEqual({ state: 'success', counts: null, tries: 2, durationMs: 700, begun: null })
    expect(cellFacts(tree, column, 2).begun).toBe(5000)
    expect([...(cellFacts(tree, column, 4).counts ?? [])]).toEqual([
      ['success', 2],
      ['failed', 1],
    ])
    expect([...(cellFacts(tree, column, 1).counts ?? [])]).toEqual([
      ['running', 1],
      ['success', 2],
      ['failed', 1],
    ])
    expect(shownBytes(tree, column)).toBe(shownBytes(tree, column))
  })
  it('name the states that occur', () => {
    const columns = buildColumns([page(ROWS, run('r', [], { task_counts: { failed: 1, success: 3, running: 0 } }))], [null])
    expect(statesShown(columns)).toEqual(['success', 'failed'])
  })
})
