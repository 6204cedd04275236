/** All runs that a DAG ever had, by state; a click leads to those of that state. */
import { Link } from '@tanstack/react-router'
import type { Dag } from '#contract/dag.ts'
import { DAG_RUN_STATES, type DagRunState } from '#contract/states.ts'
import { strings } from '../../strings.ts'
import { StateIcon, stateWord } from '../../ui/StateBadge.tsx'
import classes from './RunCounters.module.css'

/** What needs somebody comes first. */
const ORDER: readonly DagRunState[] = ['failed', 'running', 'queued', 'success'] satisfies DagRunState[]
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

export function RunCounters({ dagId, counts }: { dagId: string; counts: Dag['run_counts'] }) {
  if (DAG_RUN_STATES.every((state) => counts[state] === 0)) return null
  return (
    <span className={classes['counters']}>
      {ORDER.filter((state) => counts[state] > 0).map((state) => (
        <Link
          key={state}
          to="/dags/$dagId/runs"
          params={{ dagId }}
          search={{ state }}
          className={classes['counter']}
          data-state={state}
          title={strings.dags.runsInState(counts[state], stateWord(state))}
          aria-label={strings.dags.runsInState(counts[state], stateWord(state))}
          preload={false}
        >
          <StateIcon state={state} size={12} />
          {compact.format(counts[state])}
        </Link>
      ))}
    </span>
  )
}
