import { expect, test } from 'vitest'
import { OutputTail } from './outputTail.ts'

test('keeps the last 64 KiB of whatever came, in order', () => {
  const tail = new OutputTail()
  let all = ''
  for (let i = 0; i < 3000; i++) {
    const piece = `${i} `.repeat(1 + (i % 40))
    tail.append(Buffer.from(piece))
    all += piece
    if (i % 500 === 0) expect(tail.text()).toBe(all.slice(-65_536))
  }
  expect(tail.text()).toBe(all.slice(-65_536))
  tail.append(Buffer.alloc(1_000_000, 'x'))
  expect(tail.text()).toBe('x'.repeat(65_536))
})

test('does not change with the buffer that it was given, and has no characters that a database refuses', () => {
  const tail = new OutputTail()
  const piece = Buffer.from('a\0b')
  tail.append(piece)
  piece.fill('z')
  tail.append(Buffer.from([0xff]))
  expect(tail.text()).toBe('a\uFFFDb\uFFFD')
})
