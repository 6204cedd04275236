/** The log of an attempt, in the manner of GitHub Actions: it follows while the task runs, can be searched, wrapped and downloaded. */
import { ActionIcon, Button, Group, Loader, Select, Text, Tooltip } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import {
  IconArrowBarToDown,
  IconArrowBarToUp,
  IconChevronDown,
  IconChevronUp,
  IconClock,
  IconDownload,
  IconFileText,
  IconTextWrap,
} from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useState, type RefObject } from 'react'
import { isFinished } from '#contract/states.ts'
import type { TaskInstance } from '#contract/taskInstance.ts'
import { attemptsQuery } from '../../api/queries.ts'
import { useCommands } from '../../commands/index.ts'
import { formatBytes } from '../../lib/format.ts'
import { strings } from '../../strings.ts'
import { tellError } from '../../ui/act.ts'
import { Empty, Failed } from '../../ui/PageState.tsx'
import { SearchField } from '../../ui/SearchField.tsx'
import { StateBadge, stateWord } from '../../ui/StateBadge.tsx'
import { plainText } from './ansi.ts'
import type { LogSnapshot } from './logBuffer.ts'
import { LogLines, type LogLinesHandle } from './LogLines.tsx'
import classes from './TaskLog.module.css'
import { readWholeLog, useLog } from './useLog.ts'

const text = strings.log
/** More matches than anybody steps through. */
const MATCHES_MAX = 10_000

interface TaskLogProps {
  task: TaskInstance
  /** undefined = the newest. */
  attempt: number | undefined
  onAttempt: (attempt: number | undefined) => void
}

export function TaskLog({ task, attempt, onAttempt }: TaskLogProps) {
  if (task.try_number === 0) {
    const words = isFinished(task.state) ? strings.tasks.neverRanText(stateWord(task.state)) : strings.tasks.neverTriedText
    return <Empty title={strings.tasks.neverTried} text={words} icon={IconFileText} />
  }
  const shown = attempt ?? task.try_number
  return <AttemptLog key={shown} task={task} attempt={shown} onAttempt={onAttempt} />
}

function AttemptLog({
  task,
  attempt,
  onAttempt,
}: {
  task: TaskInstance
  attempt: number
  onAttempt: (attempt: number | undefined) => void
}) {
  const ref = { dag_id: task.dag_id, run_id: task.run_id, task_id: task.task_id, map_index: task.map_index, attempt }
  const { log, loadEarlier, retry } = useLog(ref, `${task.state} ${task.try_number}`)
  const view = useRef<LogLinesHandle>(null)
  const [wrap, setWrap] = useLocalStorage({ key: 'vortex-log-wrap', defaultValue: true, getInitialValueInEffect: false })
  const [timestamps, setTimestamps] = useLocalStorage({ key: 'vortex-log-timestamps', defaultValue: true, getInitialValueInEffect: false })
  // The end says how it went: a log opens there, and stays there until the reader looks back.
  const [following, setFollowing] = useState(true)
  const find = useFind(log.lines, (line) => {
    setFollowing(false)
    view.current?.toLine(line)
  })
  const download = useDownload(ref)
  const toEnd = () => {
    setFollowing(true)
    view.current?.toEnd()
  }
  const earlier = usePlaceKept(log, view, () => {
    setFollowing(false)
    loadEarlier()
  })
  const toStart = () => {
    setFollowing(false)
    view.current?.toStart()
  }
  const toggleWrap = () => {
    setWrap(!wrap)
  }
  const toggleTimestamps = () => {
    setTimestamps(!timestamps)
  }
  // The letters are Airflow's.
  useCommands([
    { id: 'log-wrap', title: text.wrap, group: 'view', keys: ['w'], run: toggleWrap },
    { id: 'log-timestamps', title: text.timestamps, group: 'view', keys: ['t'], run: toggleTimestamps },
    { id: 'log-download', title: text.download, group: 'act', keys: ['d'], run: download.start },
    { id: 'log-end', title: text.toEnd, group: 'view', keys: ['mod+arrowdown'], run: toEnd },
    { id: 'log-start', title: text.toStart, group: 'view', keys: ['mod+arrowup'], run: toStart },
  ])
  return (
    <div className={classes['log']}>
      <div className={classes['toolbar']}>
        <AttemptSelect task={task} attempt={attempt} onAttempt={onAttempt} />
        <SearchField label={text.search} width={180} value="" onCommit={find.setQuery} onEnter={find.next} />
        {find.query === '' ? null : (
          <Group gap={0} wrap="nowrap">
            <Text size="xs" c="dimmed" className="tabular" role="status" mr={4}>
              {text.found(find.at + 1, find.count)}
            </Text>
            <ActionIcon size="sm" onClick={find.previous} disabled={find.count === 0} aria-label={text.previous}>
              <IconChevronUp size={16} />
            </ActionIcon>
            <ActionIcon size="sm" onClick={find.next} disabled={find.count === 0} aria-label={text.next}>
              <IconChevronDown size={16} />
            </ActionIcon>
          </Group>
        )}
        <span style={{ flex: 1 }} />
        {log.complete ? null : (
          <Button
            size="compact-xs"
            variant={following ? 'light' : 'default'}
            aria-pressed={following}
            leftSection={following ? <Loader size={10} type="dots" /> : null}
            onClick={() => {
              if (following) setFollowing(false)
              else toEnd()
            }}
          >
            {following ? text.following : text.follow}
          </Button>
        )}
        <ToolButton label={`${text.timestamps} (T)`} isOn={timestamps} onClick={toggleTimestamps} icon={<IconClock size={17} />} />
        <ToolButton label={`${text.wrap} (W)`} isOn={wrap} onClick={toggleWrap} icon={<IconTextWrap size={17} />} />
        <ToolButton label={text.toStart} onClick={toStart} icon={<IconArrowBarToUp size={17} />} />
        <ToolButton label={text.toEnd} onClick={toEnd} icon={<IconArrowBarToDown size={17} />} />
        <ToolButton
          label={`${text.download} (D)`}
          onClick={download.start}
          icon={download.isBusy ? <Loader size={14} /> : <IconDownload size={17} />}
        />
      </div>
      {log.truncated ? <p className={classes['notice']}>{text.truncated}</p> : null}
      {log.start > 0 ? (
        <p className={classes['notice']}>
          {text.tail(formatBytes(log.end - log.start), formatBytes(log.size))}{' '}
          <Button size="compact-xs" variant="subtle" onClick={earlier}>
            {text.earlier}
          </Button>
        </p>
      ) : null}
      {log.error !== null && log.lines.length === 0 ? (
        <Failed error={log.error} onRetry={retry} />
      ) : log.lines.length === 0 ? (
        <div className={classes['empty']} role="status">
          {log.isRead ? (log.complete ? text.empty : text.waiting) : text.loading}
        </div>
      ) : (
        <LogLines
          ref={view}
          lines={log.lines}
          wrap={wrap}
          timestamps={timestamps}
          search={find.query}
          current={find.line}
          following={following}
          onFollow={setFollowing}
        />
      )}
      {log.complete ? <EndReason task={task} attempt={attempt} /> : null}
      <div className={classes['foot']}>
        <span>{text.lines(log.lines.length)}</span>
        <span>{formatBytes(log.size)}</span>
        {log.complete ? <span>{text.ended}</span> : null}
      </div>
    </div>
  )
}

/** Loads what is before the first line, and keeps that line in view when it came. */
function usePlaceKept(log: LogSnapshot, view: RefObject<LogLinesHandle | null>, load: () => void): () => void {
  const before = useRef<{ start: number; lines: number } | null>(null)
  useEffect(() => {
    if (before.current === null || log.start >= before.current.start) return
    const added = log.lines.length - before.current.lines
    before.current = null
    // The list has its new height only with the next frame.
    const frame = requestAnimationFrame(() => view.current?.toLine(added, 'start'))
    return () => {
      cancelAnimationFrame(frame)
    }
  }, [log, view])
  return () => {
    before.current = { start: log.start, lines: log.lines.length }
    load()
  }
}

/** Why the attempt ended as it did. The output often does not say: nothing can be written after signal 9 or a timeout. */
function EndReason({ task, attempt }: { task: TaskInstance; attempt: number }) {
  const ended = useQuery(attemptsQuery(task)).data?.data.find((each) => each.attempt === attempt)
  if (ended === undefined || ended.reason === null || ended.state === 'success') return null
  return (
    <p className={classes['reason']} role="status">
      <StateBadge state={ended.state} /> <span style={{ overflowWrap: 'anywhere' }}>{ended.reason}</span>
    </p>
  )
}

function ToolButton({ label, isOn, onClick, icon }: { label: string; isOn?: boolean; onClick: () => void; icon: React.ReactNode }) {
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant={isOn === true ? 'light' : 'subtle'}
        color={isOn === true ? 'indigo' : 'gray'}
        onClick={onClick}
        aria-label={label}
        {...(isOn === undefined ? {} : { 'aria-pressed': isOn })}
      >
        {icon}
      </ActionIcon>
    </Tooltip>
  )
}

function AttemptSelect({
  task,
  attempt,
  onAttempt,
}: {
  task: TaskInstance
  attempt: number
  onAttempt: (attempt: number | undefined) => void
}) {
  const attempts = useQuery(attemptsQuery(task)).data?.data ?? []
  const known = attempts.some((each) => each.attempt === attempt) ? attempts : [...attempts, { attempt, state: null }]
  return (
    <Select
      size="xs"
      w={170}
      aria-label={strings.tasks.columns.attempt}
      allowDeselect={false}
      value={String(attempt)}
      data={known.toReversed().map((each) => ({
        value: String(each.attempt),
        label: `${strings.tasks.attempt(each.attempt)}${each.state === null ? '' : ` · ${stateWord(each.state)}`}`,
      }))}
      onChange={(value) => {
        onAttempt(value === null || Number(value) === task.try_number ? undefined : Number(value))
      }}
    />
  )
}

function useFind(lines: readonly string[], onGo: (line: number) => void) {
  const [query, setQuery] = useState('')
  const [at, setAt] = useState(-1)
  const wanted = query.toLowerCase()
  const matches = useMemo(() => {
    if (wanted === '') return []
    const found: number[] = []
    for (let line = 0; line < lines.length && found.length < MATCHES_MAX; line += 1) {
      if (
        plainText(lines[line] ?? '')
          .toLowerCase()
          .includes(wanted)
      )
        found.push(line)
    }
    return found
  }, [lines, wanted])
  const go = (index: number) => {
    if (matches.length === 0) return
    const next = (index + matches.length) % matches.length
    setAt(next)
    onGo(matches[next] ?? 0)
  }
  return {
    query: wanted,
    count: matches.length,
    at,
    line: at < 0 ? null : (matches[at] ?? null),
    setQuery: (value: string) => {
      setQuery(value)
      setAt(-1)
    },
    next: () => {
      go(at + 1)
    },
    previous: () => {
      go(at < 0 ? -1 : at - 1)
    },
  }
}

function useDownload(ref: { dag_id: string; run_id: string; task_id: string; map_index: number; attempt: number }) {
  const [isBusy, setBusy] = useState(false)
  const save = async () => {
    setBusy(true)
    try {
      const blob = await readWholeLog(ref, () => undefined)
      const url = URL.createObjectURL(blob)
      const link = document.createElement('a')
      link.href = url
      link.download = `${ref.dag_id}.${ref.run_id}.${ref.task_id}.${ref.attempt}.log`.replaceAll(/[^\w.+-]/g, '_')
      link.click()
      URL.revokeObjectURL(url)
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
