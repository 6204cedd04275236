/** How long the runs of a DAG and its slowest tasks take: bars, lines with what stands out, and the same as a table. */
import { Button, Checkbox, Group, SegmentedControl, Table, Text, Title, Tooltip } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconChartLine, IconTable } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import type { Durations, RunDuration } from '#contract/insights.ts'
import { dagQuery } from '../../api/queries.ts'
import { durationsQuery } from '../../api/queries/insights.ts'
import { serverNow } from '../../lib/serverClock.ts'
import { formatDuration, formatInstant, timeParts, zoneFor } from '../../lib/time.ts'
import { DURATION_RUNS, type DurationsSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { Empty, Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { StateBadge, stateWord } from '../../ui/StateBadge.tsx'
import { stateFill } from '../../ui/stateColors.ts'
import { useTimeMode } from '../../ui/timeMode.ts'
import { lineLook } from './chartLook.ts'
import classes from './Durations.module.css'
import { hiddenTasks, outliers, runPoints, toggleTask, type RunPoint } from './model.ts'
import { RunChart } from './RunChart.tsx'
import { TaskChart } from './TaskChart.tsx'

const route = getRouteApi('/_app/dags/$dagId/durations')
const text = strings.durations
const RUNS = 60

export function DagDurationsTab() {
  const { dagId } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const durations = useQuery({ ...durationsQuery(dagId, search.runs ?? RUNS), placeholderData: keepPreviousData })
  const [isTable, table] = useDisclosure(false)
  const change = (part: { [K in keyof DurationsSearch]?: DurationsSearch[K] | undefined }) =>
    void navigate({
      search: (before) => Object.fromEntries(Object.entries({ ...before, ...part }).filter(([, value]) => value !== undefined)),
      replace: true,
    })
  if (durations.isError && !durations.data) return <Failed error={durations.error} onRetry={() => void durations.refetch()} />
  if (!durations.data) {
    return (
      <div className={classes['page']}>
        <RowsSkeleton />
      </div>
    )
  }
  if (durations.data.runs.every(({ start_time }) => start_time === null))
    return <Empty title={text.empty} text={text.emptyText} icon={IconChartLine} />
  return (
    <div className={classes['page']}>
      <Group gap="sm" className={classes['bar'] ?? ''}>
        <SegmentedControl
          size="xs"
          aria-label={text.runs}
          value={String(search.runs ?? RUNS)}
          data={DURATION_RUNS.map((runs) => ({ value: String(runs), label: text.newest(runs) }))}
          onChange={(value) => {
            const runs = Number(value)
            change({ runs: runs === RUNS ? undefined : runs })
          }}
        />
        <Button
          size="xs"
          variant="default"
          leftSection={isTable ? <IconChartLine size={15} /> : <IconTable size={15} />}
          onClick={table.toggle}
        >
          {isTable ? text.chart : text.table}
        </Button>
      </Group>
      <Shown
        durations={durations.data}
        isTable={isTable}
        hide={search.hide}
        onHide={(hide) => {
          change({ hide })
        }}
      />
    </div>
  )
}

interface ShownProps {
  durations: Durations
  isTable: boolean
  hide: string | undefined
  onHide: (hide: string | undefined) => void
}

function Shown({ durations, isTable, hide, onHide }: ShownProps) {
  const navigate = route.useNavigate()
  const zone = zoneFor(useTimeMode(), useQuery(dagQuery(durations.dag_id)).data?.timezone ?? null)
  const points = useMemo(() => runPoints(durations, serverNow()), [durations])
  const hidden = useMemo(() => hiddenTasks(hide), [hide])
  const shown = useMemo(() => durations.runs.flatMap((run, index) => (run.start_time === null ? [] : [index])), [durations])
  const at = (run: RunDuration) => run.logical_date ?? run.queued_time
  const short = (run: RunDuration) => {
    const { date, time } = timeParts(at(run), zone)
    return `${date.slice(5)} ${time.slice(0, 5)}`
  }
  const open = (run: RunDuration) =>
    void navigate({ to: '/dags/$dagId/runs/$runId', params: { dagId: durations.dag_id, runId: run.run_id }, search: { view: 'gantt' } })
  if (isTable) return <AsTable durations={durations} points={points} />
  return (
    <>
      <section aria-labelledby="durations-runs">
        <Title order={2} size="h5" id="durations-runs">
          {text.runsTitle} <span className={classes['dim']}>{text.count(points.length)}</span>
        </Title>
        <RunLegend points={points} />
        <RunChart
          points={points}
          dateOf={({ run }) => formatInstant(at(run), zone)}
          shortDateOf={({ run }: RunPoint) => short(run)}
          onOpen={({ run }) => {
            open(run)
          }}
        />
      </section>
      {durations.tasks.length === 0 ? null : (
        <section aria-labelledby="durations-tasks">
          <Title order={2} size="h5" id="durations-tasks">
            {text.tasksTitle(durations.tasks.length)}
          </Title>
          <TaskChart durations={durations} shown={shown} hidden={hidden} shortDateOf={short} onOpen={open} />
          <Lines durations={durations} shown={shown} hidden={hidden} onHide={onHide} />
        </section>
      )}
    </>
  )
}

/** What colours, the grey part and the dot mean. */
function RunLegend({ points }: { points: readonly RunPoint[] }) {
  const states = [...new Set(points.map(({ run }) => run.state))]
  return (
    <div className={classes['legend']} aria-hidden>
      {states.map((state) => (
        <span key={state}>
          <i style={{ background: stateFill(state) }} data-dot={state === 'failed' || undefined} /> {stateWord(state)}
        </span>
      ))}
      <span>
        <i style={{ background: 'var(--line-strong)' }} /> {text.queued}
      </span>
    </div>
  )
}

function Lines({
  durations,
  shown,
  hidden,
  onHide,
}: Pick<ShownProps, 'durations' | 'onHide'> & { shown: number[]; hidden: ReadonlySet<string> }) {
  return (
    <>
      <ul className={classes['lines']}>
        {durations.tasks.map((task, index) => {
          const odd = outliers(shown.map((at) => task.points[at] ?? null)).size
          const { color, dash } = lineLook(index)
          return (
            <li key={task.task_id}>
              <Checkbox
                size="xs"
                checked={!hidden.has(task.task_id)}
                onChange={() => {
                  onHide(toggleTask(hidden, task.task_id))
                }}
                label={
                  <span className={classes['lineLabel']}>
                    <svg width={26} height={8} aria-hidden>
                      <line x1={0} y1={4} x2={26} y2={4} stroke={color} strokeWidth={2.5} strokeDasharray={dash} />
                    </svg>
                    {task.task_id}
                    <span className={classes['dim']}>{text.mean(formatDuration(task.mean_ms))}</span>
                    {odd === 0 ? null : (
                      <Tooltip label={text.outlierHint} multiline w={260}>
                        <span className={classes['dim']}>
                          ◯ {odd} {text.outlier}
                          {odd === 1 ? '' : 's'}
                        </span>
                      </Tooltip>
                    )}
                  </span>
                }
              />
            </li>
          )
        })}
      </ul>
      {durations.ranked_runs < durations.runs.length ? (
        <Text size="xs" c="dimmed">
          {text.ranked(durations.ranked_runs)}
        </Text>
      ) : null}
    </>
  )
}

function AsTable({ durations, points }: { durations: Durations; points: readonly RunPoint[] }) {
  const places = new Map(durations.runs.map((run, index) => [run.run_id, index]))
  const value = (ms: number | null | undefined) => (ms == null ? strings.time.never : formatDuration(ms))
  return (
    <Table.ScrollContainer minWidth={640} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table verticalSpacing={5} fz="sm" className="tabular">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{text.run}</Table.Th>
            <Table.Th>{text.state}</Table.Th>
            <Table.Th>{text.queued}</Table.Th>
            <Table.Th>{text.ran}</Table.Th>
            {durations.tasks.map(({ task_id }) => (
              <Table.Th key={task_id}>{task_id}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {points.toReversed().map(({ run, queued_ms, ran_ms }) => (
            <Table.Tr key={run.run_id}>
              <Table.Td>
                <Link to="/dags/$dagId/runs/$runId" params={{ dagId: durations.dag_id, runId: run.run_id }}>
                  {run.run_id}
                </Link>
              </Table.Td>
              <Table.Td>
                <StateBadge state={run.state} />
              </Table.Td>
              <Table.Td>{value(queued_ms)}</Table.Td>
              <Table.Td>{value(ran_ms)}</Table.Td>
              {durations.tasks.map((task) => (
                <Table.Td key={task.task_id}>{value(task.points[places.get(run.run_id) ?? -1])}</Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
