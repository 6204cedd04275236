/** The tools of a log. Each has its key; the letters are Airflow's. */
import { ActionIcon, Button, Group, Loader, Select, Text, Tooltip } from '@mantine/core'
import {
  IconAlertTriangle,
  IconArrowBarToDown,
  IconArrowBarToUp,
  IconArrowsMaximize,
  IconArrowsMinimize,
  IconChevronDown,
  IconChevronUp,
  IconClock,
  IconFileDownload,
  IconFold,
  IconFoldDown,
  IconTextWrap,
} from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { LOG_LEVELS, type LogLevel } from '#contract/logLines.ts'
import type { TaskInstance } from '#contract/taskInstance.ts'
import { attemptsQuery } from '../../api/queries.ts'
import { useCommands } from '../../commands/index.ts'
import { strings } from '../../strings.ts'
import { SearchField } from '../../ui/SearchField.tsx'
import { stateWord } from '../../ui/StateBadge.tsx'
import classes from './TaskLog.module.css'

const text = strings.log

export interface LogTools {
  query: string
  setQuery: (query: string) => void
  /** Match that the reader is at, from 1; 0 = none yet. */
  at: number
  found: number
  /** Share of the log that was looked through; null = all of it. */
  searchShare: number | null
  step: (by: 1 | -1) => void
  level: LogLevel
  setLevel: (level: LogLevel) => void
  /** null = there are no groups to fold. */
  areExpanded: boolean | null
  expand: (open: boolean) => void
  /** null = nothing to wrap: lines of a large log have one height. */
  wrap: boolean | null
  setWrap: (wrap: boolean) => void
  /** null = the lines carry no times. */
  timestamps: boolean | null
  setTimestamps: (timestamps: boolean) => void
  isFull: boolean
  setFull: (isFull: boolean) => void
  /** null = the attempt has ended. */
  following: boolean | null
  setFollowing: (following: boolean) => void
  toStart: () => void
  toEnd: () => void
  /** null = there is no error. */
  toError: (() => void) | null
  isSaving: boolean
  save: () => void
}

export function LogToolbar({ tools, attempts }: { tools: LogTools; attempts: ReactNode }) {
  useLogKeys(tools)
  const { following } = tools
  return (
    <div className={classes['toolbar']} role="toolbar" aria-label={text.region}>
      {attempts}
      <SearchField
        label={text.search}
        width={190}
        value={tools.query}
        onCommit={tools.setQuery}
        onEnter={(isBack) => {
          tools.step(isBack ? -1 : 1)
        }}
      />
      {tools.query === '' ? null : <Matches tools={tools} />}
      <Select
        size="xs"
        w={168}
        aria-label={text.level}
        allowDeselect={false}
        value={tools.level}
        data={LOG_LEVELS.map((value) => ({ value, label: text.levels[value] }))}
        onChange={(value) => {
          tools.setLevel(LOG_LEVELS.find((each) => each === value) ?? 'debug')
        }}
      />
      <span className={classes['space']} />
      {following === null ? null : (
        <Button
          size="compact-xs"
          variant={following ? 'light' : 'default'}
          aria-pressed={following}
          leftSection={following ? <Loader size={10} type="dots" /> : null}
          onClick={() => {
            tools.setFollowing(!following)
          }}
        >
          {following ? text.following : text.follow}
        </Button>
      )}
      <Group gap={2} maw="100%" miw={0} className={classes['tools'] ?? ''}>
        {tools.toError === null ? null : <ToolButton label={text.toError} onClick={tools.toError} icon={<IconAlertTriangle size={17} />} />}
        {tools.areExpanded === null ? null : (
          <ToolButton
            label={`${tools.areExpanded ? text.collapse : text.expand} (E)`}
            onClick={() => {
              tools.expand(tools.areExpanded !== true)
            }}
            icon={tools.areExpanded ? <IconFold size={17} /> : <IconFoldDown size={17} />}
          />
        )}
        <ToolButton
          label={tools.timestamps === null ? text.noTimestamps : `${text.timestamps} (T)`}
          isOn={tools.timestamps ?? undefined}
          isOff={tools.timestamps === null}
          onClick={() => {
            tools.setTimestamps(!tools.timestamps)
          }}
          icon={<IconClock size={17} />}
        />
        {tools.wrap === null ? null : (
          <ToolButton
            label={`${text.wrap} (W)`}
            isOn={tools.wrap}
            onClick={() => {
              tools.setWrap(tools.wrap !== true)
            }}
            icon={<IconTextWrap size={17} />}
          />
        )}
        <ToolButton label={text.toStart} onClick={tools.toStart} icon={<IconArrowBarToUp size={17} />} />
        <ToolButton label={text.toEnd} onClick={tools.toEnd} icon={<IconArrowBarToDown size={17} />} />
        <ToolButton
          label={`${text.download} (D)`}
          onClick={tools.save}
          icon={tools.isSaving ? <Loader size={14} /> : <IconFileDownload size={17} />}
        />
        <ToolButton
          label={`${tools.isFull ? text.leaveFullScreen : text.fullScreen} (F)`}
          onClick={() => {
            tools.setFull(!tools.isFull)
          }}
          icon={tools.isFull ? <IconArrowsMinimize size={17} /> : <IconArrowsMaximize size={17} />}
        />
      </Group>
    </div>
  )
}

function useLogKeys(tools: LogTools): void {
  useCommands([
    {
      id: 'log-timestamps',
      title: text.timestamps,
      group: 'view',
      keys: ['t'],
      run: () => {
        tools.setTimestamps(!tools.timestamps)
      },
    },
    {
      id: 'log-wrap',
      title: text.wrap,
      group: 'view',
      keys: ['w'],
      run: () => {
        if (tools.wrap !== null) tools.setWrap(!tools.wrap)
      },
    },
    {
      id: 'log-expand',
      title: text.expand,
      group: 'view',
      keys: ['e'],
      run: () => {
        if (tools.areExpanded !== null) tools.expand(!tools.areExpanded)
      },
    },
    {
      id: 'log-full',
      title: text.fullScreen,
      group: 'view',
      keys: ['f'],
      run: () => {
        tools.setFull(!tools.isFull)
      },
    },
    { id: 'log-download', title: text.download, group: 'act', keys: ['d'], run: tools.save },
    { id: 'log-end', title: text.toEnd, group: 'view', keys: ['mod+arrowdown'], run: tools.toEnd },
    { id: 'log-start', title: text.toStart, group: 'view', keys: ['mod+arrowup'], run: tools.toStart },
    ...(tools.isFull
      ? [
          {
            id: 'log-leave-full',
            title: text.leaveFullScreen,
            group: 'view' as const,
            keys: ['escape'],
            run: () => {
              tools.setFull(false)
            },
          },
        ]
      : []),
  ])
}

function Matches({ tools }: { tools: LogTools }) {
  const isSearching = tools.searchShare !== null && tools.searchShare < 1
  return (
    <Group gap={0} wrap="nowrap">
      <Text size="xs" c="dimmed" className="tabular" role="status" mr={4}>
        {text.found(tools.at, tools.found, isSearching)} {isSearching ? text.searching(tools.searchShare ?? 0) : ''}
      </Text>
      <ActionIcon
        size="sm"
        onClick={() => {
          tools.step(-1)
        }}
        disabled={tools.found === 0}
        aria-label={text.previous}
      >
        <IconChevronUp size={16} />
      </ActionIcon>
      <ActionIcon
        size="sm"
        onClick={() => {
          tools.step(1)
        }}
        disabled={tools.found === 0}
        aria-label={text.next}
      >
        <IconChevronDown size={16} />
      </ActionIcon>
    </Group>
  )
}

interface ToolButtonProps {
  label: string
  isOn?: boolean | undefined
  /** Has nothing to do here; its label says why. */
  isOff?: boolean
  onClick: () => void
  icon: ReactNode
}

function ToolButton({ label, isOn, isOff = false, onClick, icon }: ToolButtonProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant={isOn === true ? 'light' : 'subtle'}
        color={isOn === true ? 'indigo' : 'gray'}
        {...(isOff ? { 'aria-disabled': true, 'data-disabled': true } : { onClick })}
        aria-label={label}
        {...(isOn === undefined ? {} : { 'aria-pressed': isOn })}
      >
        {icon}
      </ActionIcon>
    </Tooltip>
  )
}

interface AttemptSelectProps {
  task: TaskInstance
  attempt: number
  /** undefined = the newest. */
  onAttempt: (attempt: number | undefined) => void
}

export function AttemptSelect({ task, attempt, onAttempt }: AttemptSelectProps) {
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
