/** The newest runs of a DAG as bars: height = duration (within the row), colour = state, click opens the run. */
import type { Dag } from '#contract/dag.ts'
import { serverNow } from '../../lib/serverClock.ts'
import { elapsed, formatDuration } from '../../lib/time.ts'
import { strings } from '../../strings.ts'
import { RunAnchor } from '../../ui/RunAnchor.tsx'
import { stateWord } from '../../ui/StateBadge.tsx'
import { stateFill } from '../../ui/stateColors.ts'
import classes from './RunBars.module.css'

/** A run of no length must still be seen and hit. */
const LOWEST = 0.16

export function RunBars({ dagId, runs }: { dagId: string; runs: Dag['recent_runs'] }) {
  if (runs.length === 0) return <span className={classes['none']}>{strings.dags.noRuns}</span>
  // A running bar grows with its events, not with a timer.
  const now = serverNow()
  const durations = runs.map((run) => elapsed(run.start_time, run.end_time, now) ?? 0)
  const longest = Math.max(1, ...durations)
  return (
    <span className={classes['bars']}>
      {runs.map((run, at) => {
        const duration = durations[at] ?? 0
        const hint = `${run.run_id}: ${strings.dags.barHint(stateWord(run.state), formatDuration(duration))}`
        return (
          <RunAnchor
            key={run.run_id}
            dagId={dagId}
            runId={run.run_id}
            className={classes['slot']}
            title={hint}
            aria-label={hint}
            data-state={run.state}
          >
            <span
              className={classes['bar']}
              style={{ height: `${Math.round(Math.max(LOWEST, duration / longest) * 100)}%`, background: stateFill(run.state) }}
            />
          </RunAnchor>
        )
      })}
    </span>
  )
}
