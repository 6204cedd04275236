/** The timeline of a run: what its tasks waited and ran, attempt by attempt, and the path that decided its end. */
import { ActionIcon, Button, Group, Tooltip } from '@mantine/core'
import {
  IconChartBar,
  IconFold,
  IconFoldDown,
  IconRoute,
  IconViewportNarrow,
  IconZoomIn,
  IconZoomOut,
  IconZoomReset,
} from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useMemo, type ReactNode } from 'react'
import type { DagTasks } from '#contract/dag.ts'
import type { DagRun } from '#contract/dagRun.ts'
import type { TaskInstance } from '#contract/taskInstance.ts'
import type { AttemptSpan } from '#contract/insights.ts'
import { dagQuery, dagTasksQuery, taskInstancesQuery } from '../../api/queries.ts'
import { runAttemptsQuery } from '../../api/queries/insights.ts'
import { formatDuration } from '../../lib/time.ts'
import type { GanttChange, GanttSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { CutNote } from '../../ui/CutNote.tsx'
import { Empty, Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { parseOpen, toggleGroup } from '../graph/model.ts'
import { criticalPath, type CriticalPath } from './criticalPath.ts'
import classes from './Gantt.module.css'
import { GanttChart } from './GanttChart.tsx'
import { buildGantt, type GanttModel } from './model.ts'
import { makeScale, type TimeScale } from './timeScale.ts'
import { useNow, useThrottled } from './useThrottled.ts'
import { useView, type View } from './useView.ts'

const text = strings.gantt
/** Rows are worked out this often at most, and running bars grow this often. */
const MODEL_MS = 250
const GROW_MS = 500

interface RunGanttProps {
  run: DagRun
  search: GanttSearch
  onChange: (change: GanttChange) => void
  /** Stands at the left of the toolbar. */
  toolbar?: ReactNode
}

const NO_INSTANCES: readonly TaskInstance[] = []
const NO_SPANS: readonly AttemptSpan[] = []

export function RunGantt(props: RunGanttProps) {
  const { run } = props
  const tasks = useQuery(dagTasksQuery(run.dag_id, run.version))
  const instances = useQuery(taskInstancesQuery(run))
  const attempts = useQuery(runAttemptsQuery(run))
  const failed = [tasks, instances, attempts].find((query) => query.isError && !query.data)
  if (failed) return <Failed error={failed.error} onRetry={() => void failed.refetch()} />
  if (!tasks.data || !instances.data || !attempts.data) {
    return (
      <div style={{ padding: '12px 24px' }}>
        <RowsSkeleton />
      </div>
    )
  }
  return (
    <Timeline
      {...props}
      dag={tasks.data}
      instances={instances.data.data}
      total={instances.data.total}
      spans={attempts.data.data.length === 0 ? NO_SPANS : attempts.data.data}
    />
  )
}

interface TimelineProps extends RunGanttProps {
  dag: DagTasks
  instances: readonly TaskInstance[]
  total: number
  spans: readonly AttemptSpan[]
}

function Timeline({ run, dag, instances, total, spans, search, onChange, toolbar }: TimelineProps) {
  const zone = useQuery(dagQuery(run.dag_id)).data?.timezone ?? null
  const isLive = run.end_time === null
  const steady = useThrottled(instances.length === 0 ? NO_INSTANCES : instances, MODEL_MS)
  const open = useMemo(() => parseOpen(search.open), [search.open])
  const model = useMemo(() => buildGantt(dag, steady, spans, open), [dag, steady, spans, open])
  const now = useNow(isLive, GROW_MS)
  const scale = useMemo(() => scaleOf(model, run, now, search.idle !== true), [model, run, now, search.idle])
  const path = useMemo(
    () => criticalPath(model.tasks, dag.dependencies, { run_start: run.start_time === null ? null : Date.parse(run.start_time), now }),
    [model.tasks, dag.dependencies, run.start_time, now],
  )
  const isCritical = search.path !== false
  const view = useView(scale, search.span, (span) => {
    onChange({ span })
  })
  return (
    <div className={classes['gantt']}>
      <Toolbar {...{ search, onChange, toolbar, model, view, path, isCritical, scale }} />
      {total > instances.length ? <CutNote shown={instances.length} total={total} /> : null}
      {model.bars.length === 0 ? (
        <Empty title={text.empty} text={text.emptyText} icon={IconChartBar} />
      ) : (
        <GanttChart
          label={text.label(run.run_id)}
          rows={model.rows}
          scale={scale}
          view={view}
          now={now}
          zone={zone}
          path={isCritical ? path : null}
          selected={search.task === undefined ? null : `${search.task} ${search.map ?? -1}`}
          onOpen={(row) => {
            if (row.isOpen !== null) onChange({ open: toggleGroup(open, row.id, model.foldable) })
            else onChange({ task: row.task_id ?? undefined, map: row.map_index < 0 ? undefined : row.map_index, attempt: undefined })
          }}
          onAttempt={(row, attempt) => {
            onChange({ task: row.task_id ?? undefined, map: row.map_index < 0 ? undefined : row.map_index, attempt })
          }}
        />
      )}
    </div>
  )
}

function scaleOf(model: GanttModel, run: DagRun, now: number, fold: boolean): TimeScale {
  const busy = model.bars.map((bar) => {
    const to = bar.end ?? now
    return { from: bar.waiting_from ?? bar.start ?? to, to }
  })
  const start = run.start_time === null ? Date.parse(run.queued_time) : Date.parse(run.start_time)
  const end = run.end_time === null ? now : Date.parse(run.end_time)
  const from = busy.reduce((least, each) => Math.min(least, each.from), busy.length === 0 ? start : Infinity)
  const to = busy.reduce((most, each) => Math.max(most, each.to), end)
  return makeScale({ from, to, busy, fold })
}

interface ToolbarProps extends Pick<RunGanttProps, 'search' | 'onChange' | 'toolbar'> {
  model: GanttModel
  view: View
  path: CriticalPath
  isCritical: boolean
  scale: TimeScale
}

function Toolbar({ search, onChange, toolbar, model, view, path, isCritical, scale }: ToolbarProps) {
  const isUnfolded = search.open !== undefined
  return (
    <div className={classes['toolbar']} role="toolbar" aria-label={strings.runs.tabs.gantt}>
      {toolbar}
      <Group gap={4} wrap="nowrap">
        <IconButton
          label={text.zoomIn}
          icon={<IconZoomIn size={17} />}
          onClick={() => {
            view.zoom(0.6)
          }}
        />
        <IconButton
          label={text.zoomOut}
          icon={<IconZoomOut size={17} />}
          disabled={view.isAll}
          onClick={() => {
            view.zoom(1.7)
          }}
        />
        <IconButton
          label={text.fit}
          icon={<IconZoomReset size={17} />}
          disabled={view.isAll}
          onClick={() => {
            view.show(null)
          }}
        />
        {model.foldable.length === 0 ? null : (
          <IconButton
            label={isUnfolded ? text.foldAll : text.unfoldAll}
            icon={isUnfolded ? <IconFold size={17} /> : <IconFoldDown size={17} />}
            onClick={() => {
              onChange({ open: isUnfolded ? undefined : '*' })
            }}
          />
        )}
        {scale.folds.length === 0 && search.idle !== true ? null : (
          <IconButton
            label={text.idle}
            icon={<IconViewportNarrow size={17} />}
            pressed={search.idle !== true}
            onClick={() => {
              onChange({ idle: search.idle === true ? undefined : true, span: undefined })
            }}
          />
        )}
      </Group>
      <Tooltip label={text.criticalHint} multiline w={300}>
        <Button
          size="xs"
          variant={isCritical ? 'light' : 'default'}
          leftSection={<IconRoute size={15} />}
          aria-pressed={isCritical}
          onClick={() => {
            onChange({ path: isCritical ? false : undefined })
          }}
        >
          {text.critical}
        </Button>
      </Tooltip>
      {isCritical && path.steps.length > 0 ? (
        <span className={classes['sum']}>
          {text.criticalSum(path.steps.length, model.tasks.length, formatDuration(path.ran_ms), formatDuration(path.waited_ms))}
        </span>
      ) : null}
      <span className={classes['legend']} aria-hidden>
        <i className={classes['waitSample']} /> {text.waiting} <i className={classes['runSample']} /> {text.running}{' '}
        {model.foldable.length === 0 ? null : (
          <>
            <i className={classes['groupSample']} /> {text.group}{' '}
          </>
        )}
        {isCritical ? (
          <>
            <i className={classes['pathSample']} /> {text.critical.toLowerCase()}
          </>
        ) : null}
      </span>
    </div>
  )
}

interface IconButtonProps {
  label: string
  icon: ReactNode
  onClick: () => void
  disabled?: boolean
  pressed?: boolean
}

function IconButton({ label, icon, pressed, ...rest }: IconButtonProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant={pressed === true ? 'light' : 'default'} size={30} aria-label={label} aria-pressed={pressed} {...rest}>
        {icon}
      </ActionIcon>
    </Tooltip>
  )
}
