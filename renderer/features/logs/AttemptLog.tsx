/**
 * The log of one attempt, in the manner of GitHub Actions: it follows while the task runs until the reader looks back, opens at the
 * failing line, folds groups, and can be searched, filtered, linked to by line, and downloaded as it is shown.
 */
import { useLocalStorage } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useState } from 'react'
import { plainText, timestampLength, type LogLevel } from '#contract/logLines.ts'
import type { Attempt, TaskInstance } from '#contract/taskInstance.ts'
import { attemptsQuery, dagQuery } from '../../api/queries.ts'
import type { TaskChange, TaskSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { tellError } from '../../ui/act.ts'
import { formatBytes } from '../../lib/format.ts'
import { isWaiting } from '../../lib/taskSpan.ts'
import { zoneFor } from '../../lib/time.ts'
import { saveBlob } from '../../lib/saveBlob.ts'
import { Failed } from '../../ui/PageState.tsx'
import { StateBadge } from '../../ui/StateBadge.tsx'
import { useTimeMode } from '../../ui/timeMode.ts'
import type { LineClock } from './lineClock.ts'
import { LogLines, type LineRange, type LinesLook, type LogLinesHandle } from './LogLines.tsx'
import type { LogSnapshot } from './logSource.ts'
import { AttemptSelect, LogToolbar, type LogTools } from './LogToolbar.tsx'
import { PagedLines } from './PagedLines.tsx'
import { readForSaving } from './saveLog.ts'
import classes from './TaskLog.module.css'
import { useLogSource, type LogReader } from './useLogSource.ts'
import { linesText, parseLines, useFolding, useJump, useLogMatches, useLogRows, type Folding, type LogRows } from './useLogView.ts'

const text = strings.log

interface AttemptLogProps {
  task: TaskInstance
  attempt: number
  search: TaskSearch
  onChange: (change: TaskChange) => void
}

/** Lines that are looked at for a time of their own. */
const STAMPS_SOUGHT = 500

export function AttemptLog({ task, attempt, search, onChange }: AttemptLogProps) {
  const { dag_id, run_id, task_id, map_index } = task
  const ref = useMemo(() => ({ dag_id, run_id, task_id, map_index, attempt }), [dag_id, run_id, task_id, map_index, attempt])
  const reader = useLogSource(ref, `${task.state} ${task.try_number}`)
  const { log, source } = reader
  const ended = useQuery(attemptsQuery(task)).data?.data.find((each) => each.attempt === attempt)
  const clock = useLineClock(task, ended?.start_time ?? null)
  const level = search.level ?? 'debug'
  const query = search.logq ?? ''
  const folding = useFolding()
  const rows = useLogRows(ref, reader, level, folding.isOpen)
  const matches = useLogMatches(ref, reader, query, level)
  const view = useRef<LogLinesHandle>(null)
  const look = useLook()
  const jump = useJump(view, rows)
  const [following, setFollowing] = useState(search.line === undefined)
  const [at, setAt] = useState(-1)
  const picked = useMemo(() => parseLines(search.line), [search.line])
  const goTo = (line: number) => {
    setFollowing(false)
    if (log.mode === 'whole' && level === 'debug') folding.reveal(source.structure.groupsOf(line))
    jump(line)
  }
  useOpening({ reader, search, ended, picked, goTo, onChange })
  const save = useSave(ref, level, look.timestamps)
  const step = (by: 1 | -1) => {
    if (matches.lines.length === 0) return
    const next = (Math.max(at, by === 1 ? -1 : 0) + by + matches.lines.length) % matches.lines.length
    setAt(next)
    goTo(matches.lines[next] ?? 0)
  }
  const errorLine = log.mode === 'whole' ? source.structure.failingLine(source.lines) : null
  // Workers of before told no times, and most tasks print none; a switch that does nothing says so.
  const hasStamps = useMemo(
    () => log.hasTimes || log.mode !== 'whole' || source.lines.slice(0, STAMPS_SOUGHT).some((line) => timestampLength(plainText(line)) > 0),
    [source, log.mode, log.hasTimes, log.version],
  )
  const tools: LogTools = {
    query,
    setQuery: (value) => {
      setAt(-1)
      onChange({ logq: value === '' ? undefined : value })
    },
    at: at + 1,
    found: matches.lines.length,
    searchShare: matches.share,
    step,
    level,
    setLevel: (value) => {
      onChange({ level: value === 'debug' ? undefined : value })
    },
    areExpanded: log.mode === 'whole' && level === 'debug' && source.structure.groups.length > 0 ? folding.all === true : null,
    expand: folding.setAll,
    wrap: rows.isPaged ? null : look.wrap,
    setWrap: look.setWrap,
    timestamps: hasStamps ? look.timestamps : null,
    setTimestamps: look.setTimestamps,
    isFull: look.isFull,
    setFull: look.setFull,
    following: log.complete ? null : following,
    setFollowing: (value) => {
      setFollowing(value)
      if (value) view.current?.toEnd()
    },
    toStart: () => {
      setFollowing(false)
      view.current?.toStart()
    },
    toEnd: () => {
      setFollowing(true)
      view.current?.toEnd()
    },
    toError:
      errorLine === null
        ? null
        : () => {
            goTo(errorLine)
          },
    isSaving: save.isBusy,
    save: save.start,
  }
  const lines: LinesLook = {
    timestamps: look.timestamps,
    clock: log.hasTimes ? clock : null,
    search: query.toLowerCase(),
    current: matches.lines[at] ?? null,
    picked,
    following,
    onFollow: setFollowing,
    onPick: (line, isRange) => {
      const from = isRange && picked !== null ? picked.from : line
      setFollowing(false)
      onChange({ line: linesText({ from: Math.min(from, line), to: Math.max(from, line) }) })
    },
  }
  return (
    <div className={classes['log']} data-full={look.isFull || undefined}>
      <LogToolbar
        tools={tools}
        attempts={
          <AttemptSelect
            task={task}
            attempt={attempt}
            onAttempt={(value) => {
              onChange({ attempt: value, line: undefined })
            }}
          />
        }
      />
      {log.truncated ? <p className={classes['notice']}>{text.truncated}</p> : null}
      <LogBody reader={reader} rows={rows} lines={lines} wrap={look.wrap} folding={folding} view={view} level={level} />
      {log.complete && ended !== undefined ? <EndReason ended={ended} /> : null}
      <LogFoot log={log} rows={rows} picked={picked} level={level} goesOn={isWaiting(task.state) && attempt === task.try_number} />
    </div>
  )
}

interface LogBodyProps {
  reader: LogReader
  rows: LogRows
  lines: LinesLook
  wrap: boolean
  folding: Folding
  view: React.RefObject<LogLinesHandle | null>
  level: LogLevel
}

function LogBody({ reader, rows, lines, wrap, folding, view, level }: LogBodyProps) {
  const { log, source, retry } = reader
  if (log.error !== null && log.count === 0) return <Failed error={log.error} onRetry={retry} />
  if (log.count === 0 || rows.count === 0) {
    const isFiltered = log.count > 0 && level !== 'debug'
    const words = !log.isRead ? text.loading : isFiltered ? text.noneOfLevel : log.complete ? text.empty : text.waiting
    return (
      <div className={classes['empty']} role="status">
        {isFiltered && rows.share !== null && rows.share < 1 ? text.searching(rows.share) : words}
      </div>
    )
  }
  if (rows.isPaged) return <PagedLines ref={view} {...lines} source={source} count={log.count} version={log.version} />
  return (
    <LogLines
      ref={view}
      {...lines}
      count={rows.count}
      rowAt={rows.rowAt}
      lastLine={log.count}
      wrap={wrap}
      isOpen={folding.isOpen}
      onToggle={folding.toggle}
    />
  )
}

/** Where a log opens: at the lines of its address, else at what made the attempt fail, else at its end. */
function useOpening(p: {
  reader: LogReader
  search: TaskSearch
  ended: Attempt | undefined
  picked: LineRange | null
  goTo: (line: number) => void
  onChange: (change: TaskChange) => void
}): void {
  const isOpened = useRef(false)
  const { log, source } = p.reader
  useEffect(() => {
    // The address of a line as people know it from other tools.
    const hash = /^#L(\d+)(?:-L?(\d+))?$/.exec(window.location.hash)
    if (hash !== null && p.search.line === undefined) p.onChange({ line: hash[2] === undefined ? hash[1] : `${hash[1]}-${hash[2]}` })
  }, [])
  useEffect(() => {
    if (isOpened.current || !log.isRead) return
    if (p.picked !== null) {
      if (log.count <= p.picked.from && !log.complete && log.end < log.size) return
      isOpened.current = true
      p.goTo(Math.min(p.picked.from, Math.max(0, log.count - 1)))
      return
    }
    if (!log.complete || p.ended === undefined) return
    isOpened.current = true
    const failing = FAILED.has(p.ended.state) && log.mode === 'whole' ? source.structure.failingLine(source.lines) : null
    if (failing !== null) p.goTo(failing)
  })
}
const FAILED: ReadonlySet<string> = new Set(['failed', 'lost', 'killed'])

/** The zone that the page uses, and when the attempt started. */
function useLineClock(task: TaskInstance, start: string | null): LineClock {
  const mode = useTimeMode()
  const zone = zoneFor(mode, useQuery(dagQuery(task.dag_id)).data?.timezone ?? null)
  return useMemo(() => ({ zone, begun: start === null ? null : Date.parse(start) }), [zone, start])
}

/** How a person likes logs: kept for all of them, but the full screen. */
function useLook() {
  const [wrap, setWrap] = useLocalStorage({ key: 'vortex-log-wrap', defaultValue: true, getInitialValueInEffect: false })
  const [timestamps, setTimestamps] = useLocalStorage({ key: 'vortex-log-timestamps', defaultValue: true, getInitialValueInEffect: false })
  const [isFull, setFull] = useState(false)
  return { wrap, setWrap, timestamps, setTimestamps, isFull, setFull }
}

/** Why the attempt ended as it did. The output often does not say: nothing can be written after signal 9 or a timeout. */
function EndReason({ ended }: { ended: Attempt }) {
  if (ended.reason === null || ended.state === 'success') return null
  return (
    <p className={classes['reason']} role="status">
      <StateBadge state={ended.state} /> <span style={{ overflowWrap: 'anywhere' }}>{ended.reason}</span>
    </p>
  )
}

interface LogFootProps {
  log: LogSnapshot
  rows: LogRows
  picked: LineRange | null
  level: LogLevel
  /** The task only waits; what it prints then comes in another attempt. */
  goesOn: boolean
}

function LogFoot({ log, rows, picked, level, goesOn }: LogFootProps) {
  const isIndexing = log.mode === 'paged' && log.end < log.size
  return (
    <div className={classes['foot']}>
      <span>{level === 'debug' ? text.lines(log.count) : text.linesShown(rows.count, log.count)}</span>
      <span>{formatBytes(log.size)}</span>
      {isIndexing ? <span role="status">{text.indexing(log.end / log.size)}</span> : null}
      {picked === null ? null : <span>{text.picked(picked.from + 1, picked.to + 1)}</span>}
      {log.complete ? <span>{goesOn ? text.waits : text.ended}</span> : null}
      {rows.isPaged ? <span className={classes['large']}>{text.large}</span> : null}
    </div>
  )
}

function useSave(ref: Parameters<typeof readForSaving>[0], level: LogLevel, timestamps: boolean) {
  const [isBusy, setBusy] = useState(false)
  const save = async () => {
    setBusy(true)
    try {
      const blob = await readForSaving(ref, { level, timestamps })
      const map = ref.map_index < 0 ? '' : `.${ref.map_index}`
      saveBlob(blob, `${ref.dag_id}.${ref.run_id}.${ref.task_id}${map}.${ref.attempt}${level === 'debug' ? '' : `.${level}`}.log`)
    } catch (error) {
      tellError(error)
    } finally {
      setBusy(false)
    }
  }
  return {
    isBusy,
    start: () => {
      if (!isBusy) void save()
    },
  }
}
