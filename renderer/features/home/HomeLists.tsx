/** What failed lately and why, what runs, what comes next. */
import { IconFileText } from '@tabler/icons-react'
import { Link, type LinkProps } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { Overview, RunOfOverview } from '#contract/overview.ts'
import { FINISHED_STATES } from '#contract/states.ts'
import { scheduleWords } from '../../lib/schedule.ts'
import { serverNow } from '../../lib/serverClock.ts'
import { formatRelative } from '../../lib/time.ts'
import { strings } from '../../strings.ts'
import { Elapsed } from '../../ui/Elapsed.tsx'
import { Instant } from '../../ui/Instant.tsx'
import { RowsSkeleton } from '../../ui/PageState.tsx'
import { StateIcon } from '../../ui/StateBadge.tsx'
import classes from './HomeLists.module.css'

const text = strings.home

interface PartProps {
  title: string
  none: string
  all: string
  link: Pick<LinkProps, 'to' | 'search'>
  /** undefined = not read yet. */
  rows: ReactNode[] | undefined
}

function Part({ title, none, all, link, rows }: PartProps) {
  return (
    <section className={classes['part']} aria-label={title}>
      <div className={classes['head']}>
        <h2>{title}</h2>
        {rows && rows.length > 0 ? <Link {...link}>{all}</Link> : null}
      </div>
      {rows === undefined ? (
        <RowsSkeleton rows={4} height={46} />
      ) : rows.length === 0 ? (
        <p className={classes['none']}>{none}</p>
      ) : (
        <ul>{rows}</ul>
      )}
    </section>
  )
}

export function HomeLists({ overview }: { overview: Overview | undefined }) {
  return (
    <div className={classes['parts']}>
      <Part
        {...text.failed}
        link={{ to: '/runs', search: { state: 'failed', since: '24h' } }}
        rows={
          overview &&
          alike(overview.failed).map(([run, ...others]) => (
            <FailedRun key={`${run.dag_id} ${run.run_id}`} run={run} others={others.length} />
          ))
        }
      />
      <Part
        {...text.running}
        link={{ to: '/runs', search: { state: 'running' } }}
        rows={overview?.running.map((run) => (
          <RunningRun key={`${run.dag_id} ${run.run_id}`} run={run} />
        ))}
      />
      <Part
        {...text.next}
        link={{ to: '/dags', search: { sort: 'next_run', paused: false } }}
        rows={overview?.next.map((next) => (
          <NextRun key={next.dag_id} next={next} />
        ))}
      />
    </div>
  )
}

function RunName({ run }: { run: RunOfOverview }) {
  return (
    <Link
      to="/dags/$dagId/runs/$runId"
      params={{ dagId: run.dag_id, runId: run.run_id }}
      className={`ellipsis ${classes['name']}`}
      title={`${run.dag_id} ${run.run_id}`}
    >
      {run.dag_id}
    </Link>
  )
}

type Failed = Overview['failed'][number]

/** Runs of one DAG that failed at the same task are one line, at the place of the newest. */
function alike(failed: readonly Failed[]): [Failed, ...Failed[]][] {
  const byTask = Map.groupBy(failed, ({ dag_id, failed_task }) => `${dag_id} ${failed_task?.task_id ?? ''}`)
  return [...byTask.values()].flatMap(([first, ...rest]) => (first === undefined ? [] : [[first, ...rest]]))
}

function FailedRun({ run, others }: { run: Failed; others: number }) {
  const task = run.failed_task
  const reason = task?.reason ?? (run.state_reason === null ? null : (strings.runs.reasons[run.state_reason] ?? run.state_reason))
  const failed = run.task_counts['failed'] ?? 0
  return (
    <li>
      <div className={classes['line']}>
        <StateIcon state="failed" size={15} label />
        <RunName run={run} />
        {others === 0 ? null : <span className={classes['times']}>{text.failed.times(others + 1)}</span>}
        <span className={classes['when']}>
          <Instant at={run.end_time} relative />
        </span>
      </div>
      <div className={classes['below']}>
        {task ? (
          <Link
            to="/dags/$dagId/runs/$runId/tasks/$taskId"
            params={{ dagId: run.dag_id, runId: run.run_id, taskId: task.task_id }}
            search={{ ...(task.map_index >= 0 ? { map: task.map_index } : {}) }}
            className={classes['log']}
            aria-label={text.failed.log(task.task_id)}
            title={text.failed.log(task.task_id)}
          >
            <IconFileText size={14} aria-hidden />
            <span>{task.task_id.slice(task.task_id.lastIndexOf('.') + 1)}</span>
          </Link>
        ) : failed > 0 ? (
          <Link
            to="/dags/$dagId/runs/$runId"
            params={{ dagId: run.dag_id, runId: run.run_id }}
            search={{ view: 'tasks', state: 'failed' }}
            className={classes['log']}
          >
            {text.failed.tasks(failed)}
          </Link>
        ) : null}
        <span className={classes['reason']} title={reason ?? ''}>
          {reason}
        </span>
      </div>
    </li>
  )
}

function RunningRun({ run }: { run: RunOfOverview }) {
  const total = Object.values(run.task_counts).reduce((sum, count) => sum + count, 0)
  const done = FINISHED_STATES.reduce((sum, state) => sum + (run.task_counts[state] ?? 0), 0)
  const failed = run.task_counts['failed'] ?? 0
  return (
    <li>
      <div className={classes['line']}>
        <StateIcon state="running" size={15} label />
        <RunName run={run} />
        <span className={classes['when']}>
          <Elapsed start={run.start_time} end={run.end_time} />
        </span>
      </div>
      <div className={classes['below']}>
        <span className={classes['progress']} aria-hidden>
          <span style={{ width: `${total === 0 ? 0 : Math.round((done / total) * 100)}%` }} data-failed={failed > 0 || undefined} />
        </span>
        <span className={classes['count']}>{text.running.progress(done, total)}</span>
      </div>
    </li>
  )
}

function NextRun({ next }: { next: Overview['next'][number] }) {
  const isDue = Date.parse(next.run_after) <= serverNow()
  return (
    <li>
      <div className={classes['line']}>
        <Link to="/dags/$dagId" params={{ dagId: next.dag_id }} className={`ellipsis ${classes['name']}`} title={next.dag_id}>
          {next.dag_display_name ?? next.dag_id}
        </Link>
        <span className={classes['when']}>{isDue ? text.next.due : formatRelative(next.run_after, serverNow())}</span>
      </div>
      <div className={classes['below']}>
        <Instant at={next.run_after} zone={next.timezone} />
        <span className="ellipsis" title={next.schedule_interval ?? ''}>
          {scheduleWords(next.schedule_interval)}
        </span>
      </div>
    </li>
  )
}
