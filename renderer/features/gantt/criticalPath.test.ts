import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { criticalPath, type TimedTask } from './criticalPath.ts'

const task = (task_id: string, start: number | null, end: number | null, map_index = -1): TimedTask => ({
  task_id,
  map_index,
  earlier_starts: [],
  start,
  end,
})
const names = (tasks: TimedTask[], edges: [string, string][], now = 1000) =>
  criticalPath(tasks, edges, { run_start: 0, now }).steps.map(({ task_id, map_index }) =>
    map_index < 0 ? task_id : `${task_id}[${map_index}]`,
  )

describe('the critical path', () => {
  it('goes back along the upstream task that ended last', () => {
    const tasks = [task('a', 1, 10), task('short', 10, 20), task('long', 10, 50), task('end', 52, 60)]
    const path = criticalPath(
      tasks,
      [
        ['a', 'short'],
        ['a', 'long'],
        ['short', 'end'],
        ['long', 'end'],
      ],
      { run_start: 0, now: 99 },
    )
    expect(path.steps).toEqual([
      { task_id: 'a', map_index: -1, start: 1, waited_ms: 1, ran_ms: 9 },
      { task_id: 'long', map_index: -1, start: 10, waited_ms: 0, ran_ms: 40 },
      { task_id: 'end', map_index: -1, start: 52, waited_ms: 2, ran_ms: 8 },
    ])
    expect([path.ran_ms, path.waited_ms]).toEqual([57, 3])
  })
  it('counts failed attempts as time of the task, but none from before it was cleared', () => {
    const retried = { ...task('b', 50, 60), earlier_starts: [2, 12, 30] }
    const { steps } = criticalPath([task('a', 0, 10), retried], [['a', 'b']], { run_start: 0, now: 99 })
    expect(steps[1]).toEqual({ task_id: 'b', map_index: -1, start: 12, waited_ms: 2, ran_ms: 48 })
  })
  it('takes the slowest instance of a mapped task', () => {
    expect(names([task('m', 0, 5, 0), task('m', 0, 9, 1), task('end', 9, 10)], [['m', 'end']])).toEqual(['m[1]', 'end'])
  })
  it('follows what runs now, and leaves out what has not begun', () => {
    const tasks = [task('a', 0, 10), task('b', 10, null), task('c', null, null)]
    expect(
      names(tasks, [
        ['a', 'b'],
        ['b', 'c'],
      ]),
    ).toEqual(['a', 'b'])
  })
  it('does not blame an upstream task that ended after the start', () => {
    expect(
      names(
        [task('late', 0, 90), task('early', 0, 5), task('end', 6, 100)],
        [
          ['late', 'end'],
          ['early', 'end'],
        ],
      ),
    ).toEqual(['early', 'end'])
  })
  it('prefers the task that took time to one skipped at the same moment', () => {
    expect(names([task('skipped', 10, 10), task('work', 2, 10)], [])).toEqual(['work'])
  })
  it('is empty before anything ran, and ends in a loop', () => {
    expect(names([task('a', null, null)], [])).toEqual([])
    expect(
      names(
        [task('a', 0, 0), task('b', 0, 0)],
        [
          ['a', 'b'],
          ['b', 'a'],
        ],
      ).length,
    ).toBe(2)
  })
  it('is a chain of dependent tasks, each after the one before, up to the last end', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(50), fc.nat(50), fc.nat(20), fc.nat(20)), { minLength: 1, maxLength: 20 }), (raw) => {
        const tasks = raw.map(([start, length], index) => task(`t${index}`, start, start + length))
        const edges = raw.flatMap(([, , a], index): [string, string][] =>
          a % (index + 1) < index ? [[`t${a % (index + 1)}`, `t${index}`]] : [],
        )
        const { steps } = criticalPath(tasks, edges, { run_start: 0, now: 1000 })
        const of = new Map(tasks.map((each) => [each.task_id, each]))
        const ends = tasks.map(({ end }) => end ?? 0)
        expect(of.get(steps.at(-1)?.task_id ?? '')?.end).toBe(Math.max(...ends))
        steps.slice(1).forEach((step, index) => {
          const before = of.get(steps[index]?.task_id ?? '')
          expect(edges.some(([up, down]) => up === before?.task_id && down === step.task_id)).toBe(true)
          expect(before?.end ?? Infinity).toBeLessThanOrEqual(of.get(step.task_id)?.start ?? -1)
        })
      }),
    )
  })
})
