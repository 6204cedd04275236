/** The time of a line, before its text. With a blank behind it, so that a copied line reads well. */
import { plainText } from '#contract/logLines.ts'
import { shownTime, type LineClock } from './lineClock.ts'
import classes from './LogLines.module.css'

export function LineTime({ line, at, clock }: { line: string; at: number | null; clock: LineClock }) {
  const { text, title, iso } = shownTime(plainText(line), at, clock)
  return (
    <time className={classes['time']} title={title} {...(iso === null ? {} : { dateTime: iso })}>
      {text}{' '}
    </time>
  )
}
