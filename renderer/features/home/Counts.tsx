/** The few numbers that say whether to look closer; each leads to the list behind it. */
import { Skeleton } from '@mantine/core'
import { Link, type LinkProps } from '@tanstack/react-router'
import type { Overview } from '#contract/overview.ts'
import { strings } from '../../strings.ts'
import { StateIcon } from '../../ui/StateBadge.tsx'
import type { AnyState } from '../../ui/stateColors.ts'
import classes from './Counts.module.css'

const text = strings.home.counts

interface Count {
  name: string
  value: number
  state: AnyState
  link: Pick<LinkProps, 'to' | 'search'>
  beside?: string | null
  /** Something is wrong unless it is zero. */
  isBad?: boolean
}

export function Counts({ counts }: { counts: Overview['counts'] | undefined }) {
  return (
    <nav className={classes['counts']} aria-label={text.label}>
      {listOf(counts).map(({ name, value, state, link, beside, isBad }) => (
        <Link key={name} {...link} className={classes['count']} data-bad={(isBad === true && value > 0) || undefined}>
          <span className={classes['name']}>
            {/* What does not run does not turn. */}
            <StateIcon state={state === 'running' && value === 0 ? 'none' : state} size={15} />
            {name}
          </span>
          <span className={classes['value']}>
            {counts ? <span className="tabular">{value.toLocaleString('en')}</span> : <Skeleton width={48} height={24} my={4} />}
            {beside ? <span className={classes['beside']}>{beside}</span> : null}
          </span>
        </Link>
      ))}
    </nav>
  )
}

function listOf(counts: Overview['counts'] | undefined): Count[] {
  const tasks = counts?.tasks_running == null ? null : text.tasks(counts.tasks_running, counts.tasks_waiting ?? 0)
  const list: Count[] = [
    {
      name: text.running,
      value: counts?.runs_running ?? 0,
      state: 'running',
      link: { to: '/runs', search: { state: 'running' } },
      beside: tasks,
    },
    { name: text.queued, value: counts?.runs_queued ?? 0, state: 'queued', link: { to: '/runs', search: { state: 'queued' } } },
    {
      name: text.failed,
      value: counts?.runs_failed ?? 0,
      state: 'failed',
      link: { to: '/runs', search: { state: 'failed', since: '24h' } },
      isBad: true,
    },
    {
      name: text.active,
      value: counts?.dags_active ?? 0,
      state: 'active',
      link: { to: '/dags', search: { paused: false } },
      beside: counts ? text.ofDags(counts.dags) : null,
    },
  ]
  if (counts && counts.import_errors > 0)
    list.push({
      name: text.errors,
      value: counts.import_errors,
      state: 'upstream_failed',
      link: { to: '/dags', search: { errors: true } },
      isBad: true,
    })
  return list
}
