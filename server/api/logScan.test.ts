import { describe, expect, it } from 'vitest'
import { levelAfter, type LogLevel } from '#contract/logLines.ts'
import { LogScanner, type SearchOptions } from './logScan.ts'

const NAME = { task_instance_id: 1, attempt: 1 }
/** A store of one log, that counts what is read of it. */
function scannerOf(text: string | Buffer, complete = true) {
  const log = { bytes: Buffer.from(text), read: 0 }
  const scanner = new LogScanner({
    logStat: async () => ({ ...NAME, size: log.bytes.length, complete, truncated: false }),
    logRead: async ({ offset, limit }) => {
      const bytes = log.bytes.subarray(offset, offset + limit)
      log.read += bytes.length
      return bytes
    },
    // A mark for every hundred bytes.
    logTimes: async ({ from, to }) =>
      Array.from({ length: Math.ceil(log.bytes.length / 100) }, (_, at) => ({ offset: at * 100, at: at + 1 })).filter(
        ({ offset }) => offset > from - 100 && offset < to,
      ),
  })
  return { scanner, log }
}
const search = (scanner: LogScanner, p: Partial<SearchOptions>) =>
  scanner.search(NAME, { q: '', level: 'debug', offset: 0, line: 0, level_before: 'info', limit: 5000, ...p })

/** Lines of many lengths, so that pieces end everywhere. */
const lines = Array.from({ length: 20_000 }, (_, at) =>
  at % 997 === 0 ? `ERROR needle ${at}` : at % 997 === 1 ? '  File "x.py" of it' : `${'ä'.repeat(at % 60)} line ${at}`,
)
const TEXT = `${lines.join('\n')}\n`

describe('the index of lines', () => {
  it('names the line that begins in or after each block', async () => {
    const { scanner } = scannerOf(TEXT)
    const index = await scanner.index(NAME, 0)
    const bytes = Buffer.from(TEXT)
    expect(index).toMatchObject({ size: bytes.length, scanned: bytes.length, lines: lines.length, complete: true })
    expect(index.starts.length).toBe(Math.ceil(bytes.length / index.block_bytes))
    index.starts.forEach((start, block) => {
      expect(start).toBeGreaterThanOrEqual(block * index.block_bytes)
      expect(bytes.subarray(start).toString().split('\n')[0]).toBe(lines[index.first_lines[block]!])
    })
  })
  it('goes on where it came to, and counts a line without an end', async () => {
    const { scanner, log } = scannerOf('one\ntwo', false)
    expect(await scanner.index(NAME, 0)).toMatchObject({ lines: 2, scanned: 7 })
    log.bytes = Buffer.from('one\ntwo and\nthree\n')
    expect(await scanner.index(NAME, 1)).toMatchObject({ lines: 3, scanned: 18, starts: [], from: 1 })
    expect(log.read).toBe(18)
  })
  it('leaves out blocks that one endless line fills', async () => {
    const { scanner } = scannerOf(`${'x'.repeat(600_000)}\nnext\n`)
    const index = await scanner.index(NAME, 0)
    expect([index.starts, index.first_lines]).toEqual([
      [0, 600_001, 600_001],
      [0, 1, 1],
    ])
  })
  it('of an empty log is empty', async () => {
    expect(await scannerOf('').scanner.index(NAME, 0)).toMatchObject({ lines: 0, scanned: 0, size: 0 })
  })
})

describe('a search', () => {
  const expected = lines.flatMap((text, line) => (text.includes('needle') ? [line] : []))
  it('finds lines by their text, whatever the case', async () => {
    const found = await search(scannerOf(TEXT).scanner, { q: 'NEEDLE' })
    expect(found.matches.map(({ line }) => line)).toEqual(expected)
    expect(found.next_offset).toBe(Buffer.byteLength(TEXT))
  })
  it('tells when they came', async () => {
    const found = await search(scannerOf(TEXT).scanner, { q: 'needle' })
    const begins = found.matches.map(({ line }) => Buffer.byteLength(lines.slice(0, line).join('\n')) + (line === 0 ? 0 : 1))
    expect(found.matches.map(({ at }) => at)).toEqual(begins.map((begin) => Math.floor(begin / 100) + 1))
  })
  it('finds what is not ASCII, and what colours cut', async () => {
    expect((await search(scannerOf('ABC ÄÖ\nx').scanner, { q: 'äö' })).matches).toEqual([{ line: 0, text: 'ABC ÄÖ', at: 1 }])
    const colored = 'no\n\u001b[31mnee\u001b[1mdle\u001b[0m'
    expect((await search(scannerOf(colored).scanner, { q: 'needle' })).matches.map(({ line }) => line)).toEqual([1])
    expect((await search(scannerOf('a.b\naxb').scanner, { q: 'a.b' })).matches.length).toBe(1)
  })
  it('filters by level, with the lines that belong to an error', async () => {
    let level: LogLevel = 'info'
    const errors = lines.flatMap((text, line) => ((level = levelAfter(text, level)) === 'error' ? [line] : []))
    const found = await search(scannerOf(TEXT).scanner, { level: 'error' })
    expect(found.matches.map(({ line }) => line)).toEqual(errors)
    expect(errors.length).toBeGreaterThan(expected.length)
  })
  it('goes on from where it stopped, without gap or repeat', async () => {
    const { scanner } = scannerOf(TEXT)
    const seen: number[] = []
    let from: Partial<SearchOptions> = {}
    for (let calls = 0; calls < 100; calls += 1) {
      const answer = await search(scanner, { level: 'error', limit: 3, ...from })
      seen.push(...answer.matches.map(({ line }) => line))
      if (answer.next_offset >= answer.size) break
      from = { offset: answer.next_offset, line: answer.next_line, level_before: answer.next_level }
    }
    expect(seen).toEqual((await search(scanner, { level: 'error' })).matches.map(({ line }) => line))
  })
  it('leaves a line alone that may go on', async () => {
    expect(await search(scannerOf('needle\nneed', false).scanner, { q: 'need' })).toMatchObject({
      matches: [{ line: 0, text: 'needle' }],
      next_offset: 7,
      next_line: 1,
    })
  })
  it('judges an endless line by its beginning, and cuts what it hands back', async () => {
    const endless = `needle ${'x'.repeat(3_000_000)}\nneedle two\n`
    const { matches } = await search(scannerOf(endless).scanner, { q: 'needle' })
    expect(matches.map(({ line, text }) => [line, text.length])).toEqual([
      [0, 4002],
      [1, 10],
    ])
  })
})
