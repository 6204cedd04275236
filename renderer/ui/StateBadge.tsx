/** A state as icon, word and colour: never colour alone. */
import {
  IconAlertTriangle,
  IconArrowForwardUp,
  IconBan,
  IconCircle,
  IconCircleCheckFilled,
  IconCircleDashed,
  IconCircleXFilled,
  IconClock,
  IconClockPause,
  IconClockPlay,
  IconHourglass,
  IconLoader2,
  IconPlayerPause,
  IconPlugConnectedX,
  IconQuestionMark,
  IconRefresh,
  IconRotateClockwise,
  IconTrash,
  type Icon,
} from '@tabler/icons-react'
import { strings } from '../strings.ts'
import classes from './StateBadge.module.css'
import { stateFill, stateInk, type AnyState } from './stateColors.ts'

const ICONS: Record<AnyState, Icon> = {
  none: IconCircle,
  scheduled: IconClock,
  queued: IconHourglass,
  running: IconLoader2,
  success: IconCircleCheckFilled,
  failed: IconCircleXFilled,
  skipped: IconArrowForwardUp,
  upstream_failed: IconAlertTriangle,
  up_for_retry: IconRefresh,
  up_for_reschedule: IconClockPlay,
  deferred: IconClockPause,
  restarting: IconRotateClockwise,
  removed: IconTrash,
  rescheduled: IconClockPlay,
  lost: IconQuestionMark,
  killed: IconBan,
  paused: IconPlayerPause,
  cancelled: IconBan,
  active: IconCircleCheckFilled,
  draining: IconCircleDashed,
  offline: IconPlugConnectedX,
}

export const stateWord = (state: AnyState): string => strings.states[state]

export function StateIcon({ state, size = 16, label = false }: { state: AnyState; size?: number; label?: boolean }) {
  const Shape = ICONS[state]
  const spins = state === 'running' || state === 'restarting'
  return (
    <Shape
      size={size}
      className={spins ? classes['spin'] : undefined}
      style={{ color: stateFill(state), flexShrink: 0 }}
      {...(label ? { role: 'img', 'aria-label': stateWord(state) } : { 'aria-hidden': true })}
    />
  )
}

export function StateBadge({ state, size = 'sm' }: { state: AnyState; size?: 'sm' | 'md' }) {
  return (
    <span
      className={classes['badge']}
      data-size={size}
      data-state={state}
      style={{ color: stateInk(state), background: `color-mix(in srgb, ${stateFill(state)} 12%, transparent)` }}
    >
      <StateIcon state={state} size={size === 'md' ? 16 : 14} />
      {stateWord(state)}
    </span>
  )
}
