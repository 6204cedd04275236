/** What updated an asset: a task of a run, each with its link, or a person. */
import { Link } from '@tanstack/react-router'
import type { AssetEvent } from '#contract/asset.ts'
import { strings } from '../../strings.ts'
import { StateIcon } from '../../ui/StateBadge.tsx'
import classes from './Assets.module.css'

const text = strings.assets

export function EventSource({ event }: { event: AssetEvent }) {
  const { source_dag_id: dagId, source_run_id: runId, source_task_id: taskId, source_map_index: index, alias } = event
  const through = alias === null ? null : <span className={classes['dim']}>{text.through(alias)}</span>
  if (dagId === null || runId === null || taskId === null)
    return (
      <span className={classes['source']}>
        {event.created_by === null ? text.unknown : text.byHand(event.created_by)}
        {through}
      </span>
    )
  const words = `${text.task(taskId, dagId)}${index === null || index < 0 ? '' : ` ${text.index(index)}`}`
  if (event.source_run_state === null)
    return (
      <span className={classes['source']}>
        {words} <span className={classes['dim']}>{text.runGone}</span>
        {through}
      </span>
    )
  return (
    <span className={classes['source']}>
      <Link
        to="/dags/$dagId/runs/$runId/tasks/$taskId"
        params={{ dagId, runId, taskId }}
        search={index === null || index < 0 ? {} : { map: index }}
      >
        {words}
      </Link>
      <span className={classes['source']}>
        <StateIcon state={event.source_run_state} label />
        <Link to="/dags/$dagId/runs/$runId" params={{ dagId, runId }} className={classes['dim']}>
          {runId}
        </Link>
      </span>
      {through}
    </span>
  )
}
