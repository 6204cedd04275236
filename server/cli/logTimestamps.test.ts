import { expect, test } from 'vitest'
import { LineStamper, timesAfter } from './logTimestamps.ts'

const AT = Date.UTC(2026, 10, 23, 9)

test('a line has one time, also if a page ends within it, and an end of text none', () => {
  const stamper = new LineStamper()
  const pages = [
    {
      text: 'one\ntw',
      times: [
        [0, AT],
        [1, AT + 1],
      ],
    },
    { text: '', times: [] },
    {
      text: 'o\nthree\n',
      times: [
        [0, AT + 1],
        [1, AT + 2],
      ],
    },
    { text: 'four\n\n', times: [[0, AT + 2]] },
    { text: 'of an older worker\n', times: [] },
  ] as { text: string; times: [number, number][] }[]
  expect(pages.map((page) => stamper.stamp(page)).join('')).toBe(
    [
      '2026-11-23T09:00:00.000Z one',
      '2026-11-23T09:00:00.001Z two',
      '2026-11-23T09:00:00.002Z three',
      '2026-11-23T09:00:00.002Z four',
      '2026-11-23T09:00:00.002Z ',
      'of an older worker',
      '',
    ].join('\n'),
  )
})

test('the times of a page are counted on from the text before it', () => {
  expect(
    timesAfter('one\ntwo\n', [
      [0, 1],
      [3, 2],
    ]),
  ).toEqual([
    [2, 1],
    [5, 2],
  ])
  expect(
    timesAfter('one\ntw', [
      [0, 1],
      [1, 2],
    ]),
  ).toEqual([[2, 2]])
})
