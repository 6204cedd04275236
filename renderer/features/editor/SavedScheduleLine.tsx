/** Which runs start at once when an edit of the schedule is saved: nobody shall learn of five hundred runs from the run list. */
import { Text } from '@mantine/core'
import type { SavedSchedule } from '#contract/dagFile.ts'
import { strings } from '../../strings.ts'
import { Instant } from '../../ui/Instant.tsx'

const text = strings.savedSchedule

export function SavedScheduleLine({ saved }: { saved: SavedSchedule }) {
  const { starts, starts_count, waiting_count, has_more, next } = saved
  const [first] = starts
  const last = starts.at(-1)
  return (
    <li>
      <Text component="span" inherit fw={starts_count > 0 && !saved.is_paused ? 600 : undefined}>
        {(saved.is_paused ? text.startsUnpaused : text.starts)(starts_count)}
      </Text>
      {first === undefined ? null : (
        <>
          {' ('}
          <Instant at={first.logical_date} />
          {last === undefined || last === first ? null : (
            <>
              {' – '}
              <Instant at={last.logical_date} />
            </>
          )}
          {')'}
        </>
      )}
      {waiting_count > 0 ? ` ${text.waiting(strings.preview.count(waiting_count, has_more))}` : ''}{' '}
      {next === null ? (
        text.noNext
      ) : (
        <>
          {text.next} <Instant at={next.run_after} />
        </>
      )}
    </li>
  )
}
