/**
 * What of a log is drawn: which rows by level and folded groups, which matches of the search, and where the reader is. A held log is
 * looked through here; a large one by the server.
 */
import { useEffect, useMemo, useRef, useState, type RefObject } from 'react'
import type { LogLevel } from '#contract/logLines.ts'
import type { AttemptRef } from '../../api/queryKeys.ts'
import { LineFinder } from './logFind.ts'
import type { LineRange, LogLinesHandle, LogRow } from './LogLines.tsx'
import { rowOf, visibleLines, type LogGroup } from './logStructure.ts'
import type { LogReader } from './useLogSource.ts'
import { useLargeSearch } from './useLargeSearch.ts'

export interface LogRows {
  /** All lines of a large log are drawn by PagedLines; anything else is a list of rows. */
  isPaged: boolean
  count: number
  rowAt: (row: number) => LogRow
  /** The row of a line, or of the nearest one before it. */
  rowOf: (line: number) => number
  /** Share of a large log that was filtered. */
  share: number | null
}

export function useLogRows(ref: AttemptRef, { source, log }: LogReader, level: LogLevel, isOpen: (group: LogGroup) => boolean): LogRows {
  const isLarge = log.mode === 'paged'
  const isFiltered = level !== 'debug'
  const filtered = useLargeSearch(ref, log, isLarge && isFiltered ? { query: '', level } : null)
  const rows = useMemo(
    () => (isLarge ? null : visibleLines(source.structure, log.count, { level, isOpen })),
    [isLarge, source, log.count, log.version, level, isOpen],
  )
  if (isLarge && isFiltered) {
    const { found, share } = filtered
    const lines = Int32Array.from(found, ({ line }) => line)
    return {
      isPaged: false,
      count: found.length,
      rowAt: (row) => ({ line: found[row]?.line ?? 0, text: found[row]?.text ?? '', at: found[row]?.at ?? null, level: null, group: null }),
      rowOf: (line) => rowOf(lines, line),
      share,
    }
  }
  return {
    isPaged: isLarge,
    count: rows?.length ?? log.count,
    rowAt: (row) => {
      const line = rows === null ? row : (rows[row] ?? 0)
      const group = level === 'debug' ? (source.structure.groupAt.get(line) ?? null) : null
      return { line, text: source.line(line) ?? '', at: source.timeAt(line), level: source.structure.level(line), group }
    },
    rowOf: (line) => (isLarge ? line : rowOf(rows, line)),
    share: null,
  }
}

export interface LogMatchList {
  /** Lines, oldest first. */
  lines: readonly number[]
  share: number | null
}

export function useLogMatches(ref: AttemptRef, { source, log }: LogReader, query: string, level: LogLevel): LogMatchList {
  const isLarge = log.mode === 'paged'
  const large = useLargeSearch(ref, log, isLarge && query !== '' ? { query, level } : null)
  const finder = useMemo(() => new LineFinder(query), [query, level, source])
  return useMemo(() => {
    if (query === '') return { lines: [], share: null }
    if (isLarge) return { lines: large.found.map(({ line }) => line), share: large.share }
    const { structure } = source
    const least = LEAST[level]
    finder.extend(source.lines, source.lines.length, (line) => LEAST[structure.level(line)] >= least && !structure.isEnd(line))
    return { lines: [...finder.matches], share: null }
  }, [query, isLarge, large, source, finder, level, log.version])
}
const LEAST: Record<LogLevel, number> = { debug: 0, info: 1, warning: 2, error: 3 }

export interface Folding {
  isOpen: (group: LogGroup) => boolean
  toggle: (group: LogGroup) => void
  /** Opens those that hold a line. */
  reveal: (groups: readonly LogGroup[]) => void
  /** All at once; null = some are open and some are not. */
  all: boolean | null
  setAll: (open: boolean) => void
}

/** Ended groups are folded at first, except one that holds an error. */
export function useFolding(): Folding {
  const [choice, setChoice] = useState<{ all: boolean | null; own: ReadonlyMap<number, boolean> }>({ all: null, own: new Map() })
  const isOpen = useMemo(
    () =>
      ({ start, hasError }: LogGroup): boolean =>
        choice.own.get(start) ?? choice.all ?? hasError,
    [choice],
  )
  const set = (groups: readonly LogGroup[], open: boolean) => {
    setChoice(({ all, own }) => ({ all, own: new Map([...own, ...groups.map(({ start }) => [start, open] as const)]) }))
  }
  return {
    isOpen,
    toggle: (group) => {
      set([group], !isOpen(group))
    },
    reveal: (groups) => {
      const folded = groups.filter((group) => !isOpen(group))
      if (folded.length > 0) set(folded, true)
    },
    all: choice.all,
    setAll: (open) => {
      setChoice({ all: open, own: new Map() })
    },
  }
}

/** `120` or `120-130`, counted from 1, as lines counted from 0. */
export function parseLines(text: string | undefined): LineRange | null {
  const found = /^(\d+)(?:-(\d+))?$/.exec(text ?? '')
  if (found === null) return null
  const from = Math.max(1, Number(found[1]))
  const to = Math.max(1, Number(found[2] ?? found[1]))
  return { from: Math.min(from, to) - 1, to: Math.max(from, to) - 1 }
}
export const linesText = ({ from, to }: LineRange): string => (from === to ? `${from + 1}` : `${from + 1}-${to + 1}`)

/** Scrolls to a line once the rows hold it: unfolding a group takes a turn. */
export function useJump(view: RefObject<LogLinesHandle | null>, rows: LogRows): (line: number) => void {
  const [target, setTarget] = useState<{ line: number } | null>(null)
  const newest = useRef(rows)
  newest.current = rows
  useEffect(() => {
    if (target === null) return
    // A list that has just come measures itself first.
    const frame = requestAnimationFrame(() => view.current?.toRow(newest.current.rowOf(target.line)))
    return () => {
      cancelAnimationFrame(frame)
    }
  }, [target, view])
  return (line) => {
    setTarget({ line })
  }
}
