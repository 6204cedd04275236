/** The signs of the states that occur, and of the types of runs, with their words. */
import type { RunType, TaskInstanceState } from '#contract/states.ts'
import { strings } from '../../strings.ts'
import { stateWord } from '../../ui/StateBadge.tsx'
import { stateFill } from '../../ui/stateColors.ts'
import { CELL_PX, GLYPHS } from './cellPainter.ts'
import classes from './grid.module.css'
import { TYPE_MARKS } from './GridHead.tsx'

export function GridLegend({ states, types }: { states: readonly TaskInstanceState[]; types: readonly RunType[] }) {
  const marked = types.flatMap((type) => {
    const Mark = TYPE_MARKS[type]
    return Mark ? [{ type, Mark }] : []
  })
  return (
    <div className={classes['legend']} role="group" aria-label={strings.grid.legend}>
      {states.map((state) => (
        <span key={state} className={classes['count']}>
          <StateSign state={state} />
          {stateWord(state)}
        </span>
      ))}
      {marked.map(({ type, Mark }) => (
        <span key={type} className={classes['count']}>
          <Mark size={13} aria-hidden />
          {strings.runTypes[type]}
        </span>
      ))}
    </div>
  )
}

function StateSign({ state }: { state: TaskInstanceState }) {
  const { path, isFilled } = GLYPHS[state]
  return (
    <svg width={CELL_PX - 2} height={CELL_PX - 2} viewBox="-3 -3 16 16" aria-hidden className={classes['sign']}>
      {state === 'none' ? (
        <rect
          x="-2.3"
          y="-2.3"
          width="14.6"
          height="14.6"
          rx="3"
          fill="none"
          stroke={stateFill(state)}
          strokeWidth="1.3"
          strokeDasharray="2.5 2"
        />
      ) : (
        <rect x="-3" y="-3" width="16" height="16" rx="3.5" fill={stateFill(state)} />
      )}
      <path d={path} data-filled={isFilled} />
    </svg>
  )
}
