import { expect, test } from 'vitest'
import type { LogPage } from '#contract/taskInstance.ts'
import { LogSource } from './logSource.ts'

const none = () => Promise.reject(new Error('not asked for'))
const piece = (offset: number, text: string, times: LogPage['times'], size: number): LogPage => ({
  attempt: 1,
  offset,
  next_offset: offset + text.length,
  size,
  complete: false,
  truncated: false,
  text,
  times,
})

test('a log that grows keeps the time of a line that goes on in the next piece', async () => {
  const pieces = [
    piece(
      0,
      'one\ntwo\nthr',
      [
        [0, 100],
        [2, 200],
      ],
      11,
    ),
    piece(
      11,
      'ee\nfour\n',
      [
        [0, 200],
        [1, 300],
      ],
      19,
    ),
    piece(
      19,
      'five\nsix\n',
      [
        [0, 300],
        [1, 400],
      ],
      28,
    ),
    piece(28, 'seven\n', [[0, 500]], 34),
  ]
  const source = new LogSource({ page: () => Promise.resolve(pieces.shift() ?? piece(34, '', [], 34)), index: none })
  for (let left = 5; left > 0; left -= 1) await source.pump()
  expect(source.lines.map((line, at) => [line, source.timeAt(at)])).toEqual([
    ['one', 100],
    ['two', 100],
    ['three', 200],
    ['four', 300],
    ['five', 300],
    ['six', 400],
    ['seven', 500],
  ])
  expect(source.get().hasTimes).toBe(true)
})

test('of a large log the times come with its blocks', async () => {
  const size = 9_000_000
  const source = new LogSource({
    page: (offset) =>
      Promise.resolve(
        offset === 0
          ? piece(0, 'a\nb\n', [[0, 100]], size)
          : piece(
              offset,
              'c\nd\ne\n',
              [
                [0, 700],
                [2, 800],
              ],
              size,
            ),
      ),
    index: () =>
      Promise.resolve({
        attempt: 1,
        size,
        complete: true,
        truncated: false,
        scanned: size,
        lines: 2_000_003,
        block_bytes: 262_144,
        from: 0,
        starts: [0, 8_999_994],
        first_lines: [0, 2_000_000],
      }),
  })
  await source.pump()
  expect(source.get()).toMatchObject({ mode: 'paged', hasTimes: true })
  expect(source.timeAt(2_000_001)).toBeNull()
  source.want(2_000_000, 2_000_003)
  await expect.poll(() => source.line(2_000_001)).toBe('d')
  expect([2_000_000, 2_000_001, 2_000_002].map(source.timeAt)).toEqual([700, 700, 800])
})
