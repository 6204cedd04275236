/** What an action would change, before it does: task instances by run. */
import { Badge, Loader, ScrollArea, Text } from '@mantine/core'
import type { Affected } from '#contract/dagRun.ts'
import type { TaskInstanceState } from '#contract/states.ts'
import { strings } from '../../strings.ts'
import { StateBadge } from '../../ui/StateBadge.tsx'
import classes from './AffectedList.module.css'

const text = strings.clear
/** Rows that are drawn; the count says how many there are in all. */
const ROWS_SHOWN = 300

interface AffectedListProps {
  affected: Affected['task_instances'] | undefined
  /** The choices changed, and what is shown is of the ones before. */
  isOld: boolean
  head: string
  none: string
}

export function AffectedList({ affected, isOld, head, none }: AffectedListProps) {
  if (!affected) return <Loader size="sm" />
  if (affected.length === 0) {
    return (
      <Text size="sm" role="status">
        {none}
      </Text>
    )
  }
  const byRun = Map.groupBy(affected.slice(0, ROWS_SHOWN), ({ run_id }) => run_id)
  const counts = countRuns(affected)
  return (
    <div style={{ opacity: isOld ? 0.5 : 1 }} aria-busy={isOld}>
      <Text size="sm" fw={550} mb={4} role="status">
        {head}
      </Text>
      <ScrollArea.Autosize mah={260} type="auto" className={classes['frame'] ?? ''} viewportProps={{ tabIndex: 0, 'aria-label': head }}>
        {[...byRun].map(([run_id, instances]) => (
          <section key={run_id} aria-label={run_id}>
            {counts.size > 1 ? (
              <div className={classes['run']}>
                <span className="ellipsis mono" title={run_id}>
                  {run_id}
                </span>
                <span>{text.ofRun(counts.get(run_id) ?? 0)}</span>
              </div>
            ) : null}
            {instances.map((each) => (
              <div key={`${each.task_id} ${each.map_index}`} className={classes['row']}>
                <StateBadge state={each.state as TaskInstanceState} />
                <span className="ellipsis" title={each.task_id}>
                  {each.task_id}
                </span>
                {each.map_index >= 0 ? (
                  <Badge size="xs" variant="default">
                    {strings.tasks.mapIndex(each.map_index)}
                  </Badge>
                ) : null}
              </div>
            ))}
          </section>
        ))}
        {affected.length > ROWS_SHOWN ? (
          <Text size="xs" c="dimmed" p={6}>
            {text.more(affected.length - ROWS_SHOWN)}
          </Text>
        ) : null}
      </ScrollArea.Autosize>
    </div>
  )
}

export function countRuns(affected: Affected['task_instances']): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { run_id } of affected) counts.set(run_id, (counts.get(run_id) ?? 0) + 1)
  return counts
}
