/** How many tasks of a run are in which state: a bar, with the numbers in its title. */
import { TASK_INSTANCE_STATES } from '#contract/states.ts'
import { stateWord } from '../../ui/StateBadge.tsx'
import { stateFill } from '../../ui/stateColors.ts'
import classes from './TaskCounts.module.css'

export function TaskCounts({ counts }: { counts: Record<string, number> }) {
  const present = TASK_INSTANCE_STATES.flatMap((state) => (counts[state] ? [{ state, count: counts[state] }] : []))
  const total = present.reduce((sum, { count }) => sum + count, 0)
  const words = present.map(({ state, count }) => `${count} ${stateWord(state)}`).join(', ')
  if (total === 0) return null
  return (
    <span className={classes['counts']} title={words} role="img" aria-label={words}>
      <span className={classes['bar']}>
        {present.map(({ state, count }) => (
          <span key={state} style={{ flexGrow: count, background: stateFill(state) }} />
        ))}
      </span>
      <span className={classes['total']}>{total.toLocaleString('en')}</span>
    </span>
  )
}
