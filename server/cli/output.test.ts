import { describe, expect, test } from 'vitest'
import { Writable } from 'node:stream'
import { duration, instant, makeScreen, plain, safeLog } from './output.ts'

function screenOn(): { lines: () => string[]; screen: ReturnType<typeof makeScreen> } {
  let text = ''
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString()
      done()
    },
  }) as unknown as NodeJS.WriteStream
  return { lines: () => text.split('\n').slice(0, -1), screen: makeScreen({ json: false, color: false, stdout: stream, stderr: stream }) }
}

describe('text of others', () => {
  test('cannot move the cursor, change the title or start a new line in a table', () => {
    expect(plain('a\u001b[2Jb\u001b]0;title\u0007c\nd\u0000')).toBe('abc d')
  })
  test('keeps colours in a log and drops everything else that a terminal obeys', () => {
    expect(safeLog('\u001b[31mred\u001b[0m \u001b[2J\u001b[H\u001b]8;;http://x\u0007link\u001b]8;;\u0007\u0007 50%\r100%\n')).toBe(
      '\u001b[31mred\u001b[0m link 50%\n100%\n',
    )
  })
})

describe('tables', () => {
  test('are aligned, numbers to the right, the last column unpadded', () => {
    const { screen, lines } = screenOn()
    screen.table(
      [
        { id: 'long_name', n: 7, note: null },
        { id: 'x', n: 123, note: 'y' },
      ],
      [
        { title: 'ID', value: (row) => row.id },
        { title: 'N', value: (row) => row.n, align: 'right' },
        { title: 'NOTE', value: (row) => row.note },
      ],
      'none',
    )
    expect(lines()).toEqual(['ID           N  NOTE', 'long_name    7  -', 'x          123  y'])
  })
  test('a very long value is shown whole and makes no other row wide', () => {
    const { screen, lines } = screenOn()
    const rows = ['a'.repeat(231), 'b'].map((id) => ({ id }))
    screen.table(
      rows,
      [
        { title: 'ID', value: (row) => row.id },
        { title: 'N', value: () => 1 },
      ],
      '',
    )
    expect(lines()).toEqual(['ID  N', `${'a'.repeat(231)}  1`, 'b   1'])
  })
  test('an empty one says so', () => {
    const { screen, lines } = screenOn()
    screen.table([], [{ title: 'ID', value: () => 1 }], 'No runs.')
    expect(lines()).toEqual(['No runs.'])
  })
})

test('durations and instants are short and unambiguous', () => {
  expect([0, 999, 1_000, 61_000, 3_600_000 * 26].map(duration)).toEqual([null, '999ms', '1.0s', '1m01s', '26h00m'])
  expect(instant('2026-11-23T09:00:00.120Z')).toBe('2026-11-23 09:00:00Z')
  expect(instant(null)).toBeNull()
})
