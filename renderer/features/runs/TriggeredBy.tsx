/** What made a run: a person, the schedule, assets, a backfill, or a task of another DAG, each with its link. */
import { Link } from '@tanstack/react-router'
import type { DagRun } from '#contract/dagRun.ts'
import { strings } from '../../strings.ts'

const text = strings.runs

export function TriggeredBy({ run }: { run: DagRun }) {
  if (run.backfill_id !== null) {
    return (
      <Link to="/dags/$dagId/backfills" params={{ dagId: run.dag_id }} search={{ id: run.backfill_id }}>
        {text.byBackfill(run.backfill_id)}
      </Link>
    )
  }
  const task = taskOf(run.triggered_by)
  if (task !== null) {
    return (
      <Link to="/dags/$dagId/runs/$runId/tasks/$taskId" params={task} title={run.triggered_by}>
        {text.byTask(task.taskId, task.dagId)}
      </Link>
    )
  }
  if (run.run_type === 'asset_triggered') return strings.assets.byAssets
  return run.triggered_by === 'scheduler' ? text.bySchedule : run.triggered_by
}

/** `task:dag/run/task`, of a mapped task with `[index]`, as a run is signed that a task triggered. None of the three holds a slash. */
export function taskOf(triggered_by: string): { dagId: string; runId: string; taskId: string } | null {
  const [, dagId, runId, taskId] = /^task:([^/]+)\/([^/]+)\/([^/[]+)(?:\[\d+\])?$/.exec(triggered_by) ?? []
  return dagId === undefined || runId === undefined || taskId === undefined ? null : { dagId, runId, taskId }
}
