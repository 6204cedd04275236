/** The fields of a cron expression under the names that they have, so that a wrong one is found at a glance. */
import { strings } from '../../strings.ts'
import classes from './SchedulesPage.module.css'

const NAMES = strings.preview.fieldNames
/** Letters, digits and signs of cron; anything else is a preset or a step of time. */
const CRON = /^[\d*,/\-?#a-z]+$/i

export function CronParts({ schedule, wrong }: { schedule: string; wrong: number | null }) {
  const parts = schedule.trim().split(/\s+/)
  if (parts.length < 5 || parts.length > 7 || !parts.every((part) => CRON.test(part))) return null
  return (
    <ul className={classes['parts']}>
      {parts.map((part, at) => (
        <li key={at} data-wrong={at === wrong || undefined} aria-current={at === wrong ? 'true' : undefined}>
          <span className="mono">{part}</span>
          <span className={classes['partName']}>{NAMES[at]}</span>
        </li>
      ))}
    </ul>
  )
}
