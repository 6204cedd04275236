import { describe, expect, it } from 'vitest'
import { plainText } from '#contract/logLines.ts'
import { parseAnsi } from './ansi.ts'

const ESC = '\u001b'
describe('terminal colours', () => {
  it('are read as spans and end with a reset', () => {
    const spans = parseAnsi(`a ${ESC}[1;31mred${ESC}[0m b`)
    expect(spans.map(({ text, color, isBold }) => [text, color, isBold])).toEqual([
      ['a ', null, false],
      ['red', 1, true],
      [' b', null, false],
    ])
  })
  it('know bright, 256 and 24-bit colours', () => {
    expect(parseAnsi(`${ESC}[92mx`)[0]?.color).toBe(10)
    expect(parseAnsi(`${ESC}[38;5;196mx`)[0]?.color).toBe('rgb(255, 0, 0)')
    expect(parseAnsi(`${ESC}[38;5;250mx`)[0]?.color).toBe('rgb(188, 188, 188)')
    expect(parseAnsi(`${ESC}[38;2;1;2;300;4mx`)[0]).toMatchObject({ color: 'rgb(1, 2, 255)', isUnderlined: true })
    expect(parseAnsi(`${ESC}[48;5;3mx`)[0]?.background).toBe(3)
  })
  it('drop what is not a colour: cursor moves, links, titles, control characters', () => {
    expect(plainText(`${ESC}[2K${ESC}[1Ghello ${ESC}]8;;https://example.org${ESC}\\link${ESC}]8;;${ESC}\\\u0007!`)).toBe('hello link!')
    expect(parseAnsi(`${ESC}[2Jx`).map(({ text }) => text)).toEqual(['x'])
  })
  it('keep what a progress bar wrote last', () => {
    expect(plainText('10%\r50%\r100%')).toBe('100%')
    expect(plainText('windows line\r')).toBe('windows line')
  })
  it('survive malformed codes', () => {
    expect(parseAnsi(`${ESC}[38;5mx`)[0]?.text).toBe('x')
    expect(parseAnsi(`${ESC}[;;;mx`)[0]?.text).toBe('x')
    expect(parseAnsi(`x${ESC}`).map(({ text }) => text)).toEqual(['x'])
  })
})
