import { expect, test } from 'vitest'
import { LogMarks } from './logMarks.ts'

/** Each step: milliseconds that pass, and what comes then. */
function marksOf(steps: Iterable<readonly [ms: number, text: string, age_ms?: number]>): [number, number][] {
  let now = 0
  let offset = 0
  const marks = new LogMarks({ now: () => 1_000_000 + now, monotonic: () => now, after: () => ({ cancel: () => undefined }) })
  for (const [ms, text, age_ms = 0] of steps) {
    now += ms
    const bytes = Buffer.from(text)
    marks.take(bytes, { offset, age_ms })
    offset += bytes.length
  }
  return marks.between(0, offset).map(({ offset: at, at_ms }) => [at, at_ms - 1_000_000])
}

test('the first line has a mark, and later ones as soon as a tenth of a second has passed', () => {
  const steps = [
    [0, 'aa\n'],
    [40, 'bb\n'],
    [60, 'cc\n'],
    [99, 'dd\n'],
    [5000, 'ee\n'],
  ] as const
  expect(marksOf(steps)).toEqual([
    [0, 0],
    [6, 100],
    [12, 5199],
  ])
})

test('a mark stands where a line begins: not in a line that goes on, and behind the end of one', () => {
  const steps = [
    [0, 'rows: '],
    [1000, '...'],
    [1000, '...'],
    [1000, 'done\nnext'],
    [1000, ' ends\n'],
    [1000, 'last\n'],
  ] as const
  expect(marksOf(steps)).toEqual([
    [0, 0],
    [17, 3000],
    [27, 5000],
  ])
})

test('what was kept aside has the time at which it came', () => {
  const steps = [
    [0, 'head\n'],
    [9000, '[vortex] dropped\n', 8000],
    [0, 'tail\n', 8000],
    [0, 'end\n', 500],
  ] as const
  expect(marksOf(steps)).toEqual([
    [0, 0],
    [5, 1000],
    [27, 8500],
  ])
})

test('a day of output has a bounded number of them', () => {
  const day = function* () {
    for (let at = 0; at < 86_400_000; at += 50) yield [50, 'x\n'] as const
  }
  const marks = marksOf(day())
  expect(marks.length).toBeGreaterThan(200_000)
  expect(marks.length).toBeLessThan(400_000)
})

test('a part of the log has its own marks alone', () => {
  let now = 0
  const marks = new LogMarks({ now: () => now, monotonic: () => now, after: () => ({ cancel: () => undefined }) })
  for (let line = 0; line < 10; line += 1, now += 1000) marks.take(Buffer.from('1234567\n'), { offset: line * 8, age_ms: 0 })
  expect(marks.between(8, 25).map(({ offset }) => offset)).toEqual([8, 16, 24])
  expect(marks.between(9, 16)).toEqual([])
})
