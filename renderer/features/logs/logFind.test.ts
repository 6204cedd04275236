import { expect, test } from 'vitest'
import { LargeFinder, type Found } from './logFind.ts'

/** A log as the server looks through it: whole lines only, a few bytes a call, and the last line once the log is complete. */
class GrowingLog {
  text = ''
  complete = false
  calls = 0
  search = ({ query, offset, line, level_before }: { query: string; offset: number; line: number; level_before: 'info' }, bytes = 12) => {
    this.calls += 1
    const until = Math.min(this.text.length, offset + bytes)
    const matches: Found[] = []
    let at = offset
    let number = line
    for (;;) {
      const end = this.text.indexOf('\n', at)
      const isLast = end < 0 && this.complete && at < this.text.length
      if ((end < 0 && !isLast) || at >= until) break
      const each = this.text.slice(at, isLast ? undefined : end)
      if (each.includes(query)) matches.push({ line: number, text: each, at: null })
      number += 1
      at = isLast ? this.text.length : end + 1
    }
    return Promise.resolve({ size: this.text.length, matches, next_offset: at, next_line: number, next_level: level_before })
  }
}

test('a search goes on as the log grows, and looks at nothing twice', async () => {
  const log = new GrowingLog()
  const found: Found[] = []
  const finder = new LargeFinder({ query: 'error', level: 'debug' }, (at) => log.search(at as Parameters<typeof log.search>[0]))
  const look = () => finder.extend({ isWanted: () => true, onFound: (some) => found.push(...some) })
  log.text = 'fine\nan error\nfine\n'
  await look()
  expect(found).toEqual([{ line: 1, text: 'an error', at: null }])
  log.text += 'fine\nanother error\nhalf of an err'
  await look()
  expect(found.map(({ line }) => line)).toEqual([1, 4])
  const before = log.calls
  await look()
  expect(log.calls).toBe(before + 1)
  log.text += 'or'
  log.complete = true
  await look()
  expect(found).toEqual([
    { line: 1, text: 'an error', at: null },
    { line: 4, text: 'another error', at: null },
    { line: 5, text: 'half of an error', at: null },
  ])
})

test('a search ends at the largest number of matches, and when nobody wants it', async () => {
  const log = new GrowingLog()
  log.text = 'error\n'.repeat(100)
  const piece = (at: object) => log.search(at as Parameters<typeof log.search>[0])
  const few: Found[] = []
  const short = new LargeFinder({ query: 'error', level: 'debug' }, piece, 10)
  await short.extend({ isWanted: () => true, onFound: (some) => few.push(...some) })
  expect(few.length).toBe(10)
  log.text += 'error\n'
  await short.extend({ isWanted: () => true, onFound: (some) => few.push(...some) })
  expect(few.length).toBe(10)
  const none: Found[] = []
  await new LargeFinder({ query: 'error', level: 'debug' }, piece).extend({ isWanted: () => false, onFound: (some) => none.push(...some) })
  expect(none).toEqual([])
})
