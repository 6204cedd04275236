/** The head of a run's page: state, what can be done, the runs beside it, what triggered it, how long it took beside others. */
import { ActionIcon, Button, Tooltip } from '@mantine/core'
import { IconArrowsDiff, IconChevronLeft, IconChevronRight, IconPlayerStop, IconRefresh } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import type { DagRun } from '#contract/dagRun.ts'
import type { RunContext } from '#contract/taskViews.ts'
import { dagQuery } from '../../api/queries.ts'
import { runContextQuery } from '../../api/queries/taskViews.ts'
import { useCommands } from '../../commands/index.ts'
import { shortNote } from '../../lib/format.ts'
import { formatDuration } from '../../lib/time.ts'
import { strings } from '../../strings.ts'
import { Elapsed } from '../../ui/Elapsed.tsx'
import { Instant } from '../../ui/Instant.tsx'
import { StateBadge, stateWord } from '../../ui/StateBadge.tsx'
import { useMayOperate } from '../session/index.ts'
import { Fact, PageHeader } from '../shell/index.ts'
import { RunMenu } from './RunMenu.tsx'
import { TriggeredBy } from './TriggeredBy.tsx'
import { isActive, useRunActions } from './useRunActions.ts'

const text = strings.runs

export function RunHeader({ dagId, runId, run }: { dagId: string; runId: string; run: DagRun | undefined }) {
  const navigate = useNavigate()
  const zone = useQuery(dagQuery(dagId)).data?.timezone ?? null
  const context = useQuery(runContextQuery({ dag_id: dagId, run_id: runId })).data
  return (
    <PageHeader
      title={runId}
      mono
      trail={[
        <Link key="dags" to="/dags">
          {strings.dags.title}
        </Link>,
        <Link key="dag" to="/dags/$dagId" params={{ dagId }} className="ellipsis" title={dagId}>
          {dagId}
        </Link>,
        <Link key="runs" to="/dags/$dagId/runs" params={{ dagId }}>
          {text.title}
        </Link>,
      ]}
      marks={run ? <StateBadge state={run.state} size="md" /> : null}
      actions={
        <>
          <RunsBeside dagId={dagId} context={context} />
          <Button
            size="xs"
            variant="default"
            // A narrow window has the tab of the same name.
            visibleFrom="sm"
            leftSection={<IconArrowsDiff size={15} />}
            renderRoot={(props) => <Link to="/dags/$dagId/runs/$runId" params={{ dagId, runId }} search={{ view: 'compare' }} {...props} />}
          >
            {strings.compareRuns.open}
          </Button>
          {run ? <RunActions run={run} onDeleted={() => void navigate({ to: '/dags/$dagId/runs', params: { dagId } })} /> : null}
        </>
      }
      facts={
        run ? (
          <>
            <Fact label={text.columns.type}>{strings.runTypes[run.run_type]}</Fact>
            <Fact label={text.columns.logical}>
              <Instant at={run.logical_date} zone={zone} />
            </Fact>
            <Fact label={text.columns.duration}>
              <Elapsed start={run.start_time} end={run.end_time} />
              <Usually run={run} context={context} />
            </Fact>
            <Fact label={text.triggeredBy}>
              <TriggeredBy run={run} />
            </Fact>
            {run.state_reason !== null && run.state === 'failed' ? (
              <Fact label={text.reason}>{text.reasons[run.state_reason] ?? run.state_reason}</Fact>
            ) : null}
            {run.note === null ? null : <Fact label={text.note}>{shortNote(run.note)}</Fact>}
          </>
        ) : undefined
      }
    />
  )
}

function RunActions({ run, onDeleted }: { run: DagRun; onDeleted: () => void }) {
  const mayOperate = useMayOperate()
  const actions = useRunActions()
  return (
    <>
      {isActive(run) ? (
        <Button
          size="xs"
          variant="light"
          color="red"
          disabled={!mayOperate}
          leftSection={<IconPlayerStop size={15} />}
          onClick={() => {
            actions.cancel(run)
          }}
        >
          {text.cancel}
        </Button>
      ) : null}
      {run.state === 'failed' ? (
        <Button
          size="xs"
          disabled={!mayOperate}
          leftSection={<IconRefresh size={15} />}
          onClick={() => {
            actions.retry(run)
          }}
        >
          {text.retry}
        </Button>
      ) : null}
      <RunMenu run={run} disabled={!mayOperate} onDeleted={onDeleted} />
    </>
  )
}

/** To the runs created before and after, in the same view. */
function RunsBeside({ dagId, context }: { dagId: string; context: RunContext | undefined }) {
  const navigate = useNavigate()
  const go = (run: RunContext['previous'] | undefined) => {
    if (!run) return
    void navigate({
      to: '/dags/$dagId/runs/$runId',
      params: { dagId, runId: run.run_id },
      // Of a task it shows the same task; its attempts and lines are others.
      search: (before) => ({ ...before, attempt: undefined, line: undefined }) as object,
    })
  }
  const sides = [
    { id: 'run-previous', run: context?.previous, title: text.previous, keys: '[', icon: <IconChevronLeft size={18} /> },
    { id: 'run-next', run: context?.next, title: text.next, keys: ']', icon: <IconChevronRight size={18} /> },
  ]
  useCommands(
    sides.map(({ id, run, title, keys }) => ({
      id,
      title,
      group: 'go' as const,
      keys: [keys],
      run: () => {
        go(run)
      },
    })),
  )
  return sides.map(({ id, run, title, keys, icon }) => (
    <Tooltip key={id} label={`${title} (${keys})${run ? `: ${run.run_id}, ${stateWord(run.state)}` : ''}`}>
      <ActionIcon
        size="lg"
        disabled={!run}
        aria-label={title}
        onClick={() => {
          go(run)
        }}
      >
        {icon}
      </ActionIcon>
    </Tooltip>
  ))
}

/** Deviations below this are noise. */
const NOTABLE = 0.2

function Usually({ run, context }: { run: DagRun; context: RunContext | undefined }) {
  if (!context || context.median_duration_ms === null) return null
  const median = context.median_duration_ms
  const took = run.start_time !== null && run.end_time !== null ? Date.parse(run.end_time) - Date.parse(run.start_time) : null
  const share = took === null || median === 0 ? 0 : took / median - 1
  return (
    <Tooltip label={text.medianOf(context.median_runs)}>
      <span style={{ color: 'var(--text-dim)' }}>
        {' '}
        {text.usually(formatDuration(median))}
        {Math.abs(share) >= NOTABLE ? ` (${share > 0 ? '+' : '−'}${Math.round(Math.abs(share) * 100)} %)` : ''}
      </span>
    </Tooltip>
  )
}
