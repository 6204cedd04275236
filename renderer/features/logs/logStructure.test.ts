import { describe, expect, it } from 'vitest'
import { LineFinder } from './logFind.ts'
import { LogStructure, rowOf, visibleLines } from './logStructure.ts'
import { LogWriter } from './saveLog.ts'

const LOG = [
  '2026-11-23T09:00:00.000Z INFO start',
  '::group::Load',
  '2026-11-23T09:00:01.000Z DEBUG one',
  '::group::Inner',
  'deep',
  '::endgroup::',
  '2026-11-23T09:00:03.500Z WARNING two',
  '::endgroup::',
  'Traceback (most recent call last):',
  '  File "x.py"',
  'ValueError: bad',
  'after',
]
const structured = (lines: readonly string[]) => {
  const structure = new LogStructure()
  structure.extend(lines)
  return structure
}
const shown = (level: 'debug' | 'warning' | 'error', open: string[] = []) => [
  ...(visibleLines(structured(LOG), LOG.length, { level, isOpen: ({ name }) => open.includes(name) }) ?? []),
]

describe('the structure of a log', () => {
  it('has groups with their depth and duration', () => {
    expect(structured(LOG).groups).toEqual([
      { name: 'Load', start: 1, end: 7, depth: 0, duration_ms: 2500, hasError: false },
      { name: 'Inner', start: 3, end: 5, depth: 1, duration_ms: null, hasError: false },
    ])
  })
  it('tells how long a group took whose lines carry no times by when they came', () => {
    const structure = new LogStructure()
    structure.extend(
      ['::group::Load', 'a', '::endgroup::', '::group::Quick', '::endgroup::'],
      (line) => [100, 150, 900, 900, 900][line] ?? null,
    )
    expect(structure.groups.map(({ duration_ms }) => duration_ms)).toEqual([800, null])
  })
  it('is the same when the lines come one by one', () => {
    const bit = new LogStructure()
    for (let count = 1; count <= LOG.length; count += 1) bit.extend(LOG.slice(0, count))
    expect(bit.groups).toEqual(structured(LOG).groups)
    expect(bit.lastError).toBe(structured(LOG).lastError)
  })
  it('folds groups, and shows the marks that end them never', () => {
    expect(shown('debug')).toEqual([0, 1, 8, 9, 10, 11])
    expect(shown('debug', ['Load'])).toEqual([0, 1, 2, 3, 6, 8, 9, 10, 11])
    expect(shown('debug', ['Load', 'Inner'])).toEqual([0, 1, 2, 3, 4, 6, 8, 9, 10, 11])
  })
  it('leaves a group open that has not ended', () => {
    const lines = ['::group::Running', 'a', 'b']
    expect([...(visibleLines(structured(lines), 3, { level: 'debug', isOpen: () => false }) ?? [])]).toEqual([0, 1, 2])
  })
  it('filters by level through folded groups, tracebacks with their lines', () => {
    expect(shown('warning')).toEqual([6, 8, 9, 10])
    expect(shown('error')).toEqual([8, 9, 10])
  })
  it('finds the head of the traceback that a failure ends with', () => {
    expect(structured(LOG).failingLine(LOG)).toBe(8)
    expect(structured(['fine']).failingLine(['fine'])).toBeNull()
  })
  it('finds the row of a line, or of the one before it', () => {
    const rows = Int32Array.from([0, 1, 8, 9])
    expect([0, 5, 8, 100].map((line) => rowOf(rows, line))).toEqual([0, 1, 2, 3])
    expect(rowOf(null, 5)).toBe(5)
  })
})

describe('a search in a held log', () => {
  it('looks at plain text, and at each line once', () => {
    const finder = new LineFinder('ERROR')
    const lines = ['no', '\u001b[31mer\u001b[0mror here']
    finder.extend(lines, 2, () => true)
    finder.extend([...lines, 'error two'], 3, () => true)
    expect(finder.matches).toEqual([1, 2])
  })
})

describe('a download', () => {
  const saved = (level: 'debug' | 'error', timestamps: boolean) => {
    const writer = new LogWriter({ level, timestamps })
    const text = `${LOG.join('\n')}\n`
    return writer.take(text.slice(0, 55), false) + writer.take(text.slice(55), true)
  }
  it('equals the log when nothing is left out', () => {
    expect(saved('debug', true)).toBe(`${LOG.join('\n')}\n`)
  })
  it('has the view’s lines and timestamps', () => {
    expect(saved('error', true)).toBe('Traceback (most recent call last):\n  File "x.py"\nValueError: bad\n')
    expect(saved('debug', false)).toContain('\nDEBUG one\n')
  })
})
