import { describe, expect, it } from 'vitest'
import { LINES_MAX, LogBuffer } from './logBuffer.ts'

const bytes = (text: string) => new TextEncoder().encode(text).length
const piece = (offset: number, text: string, change = {}) => ({
  offset,
  text,
  next_offset: offset + bytes(text),
  size: offset + bytes(text),
  complete: false,
  truncated: false,
  ...change,
})

describe('log buffer', () => {
  it('joins pieces that cut a line', () => {
    const log = new LogBuffer()
    log.append(piece(0, 'one\ntw'))
    expect(log.get().lines).toEqual(['one', 'tw'])
    log.append(piece(6, 'o\nthree\n'))
    expect(log.get()).toMatchObject({ lines: ['one', 'two', 'three'], start: 0, end: 14, complete: false })
  })
  it('starts at a whole line when it starts in the middle, counting bytes and not characters', () => {
    const log = new LogBuffer()
    log.append(piece(100, 'ü cut\nwhole\n'))
    expect(log.get()).toMatchObject({ lines: ['whole'], start: 107 })
  })
  it('puts earlier pieces before, up to the start of the log', () => {
    const log = new LogBuffer()
    log.append(piece(12, 'c\nd\n'))
    expect(log.get()).toMatchObject({ lines: ['d'], start: 14 })
    log.prepend(piece(0, 'a\nbbbbbbbbb\nc\n', { size: 16 }))
    expect(log.get()).toMatchObject({ lines: ['a', 'bbbbbbbbb', 'c', 'd'], start: 0, end: 16 })
  })
  it('is complete only when the attempt ended and everything was read', () => {
    const log = new LogBuffer()
    log.append(piece(0, 'a\n', { size: 10, complete: true }))
    expect(log.get().complete).toBe(false)
    log.append(piece(2, 'bcdefgh\n', { size: 10, complete: true }))
    expect(log.get().complete).toBe(true)
  })
  it('drops the oldest lines above its limit and knows where the rest starts', () => {
    const log = new LogBuffer()
    log.append(piece(0, 'x\n'.repeat(LINES_MAX + 10)))
    const { lines, start } = log.get()
    expect(lines.length).toBeLessThanOrEqual(LINES_MAX)
    expect(start).toBe((LINES_MAX + 10 - lines.length) * 2)
  })
})
