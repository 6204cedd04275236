/** Exactly what unpausing a DAG starts, in sentences. */
import { List, Text } from '@mantine/core'
import type { UnpausePreview } from '#contract/schedule.ts'
import { strings } from '../../strings.ts'
import { Instant } from '../../ui/Instant.tsx'

const text = strings.unpause
/** Runs named; the rest is a number. */
const NAMED = 8

export function UnpauseConsequences({ preview, zone }: { preview: UnpausePreview; zone: string }) {
  const { starts, starts_count, waiting_count, held_runs, has_more, max_active_runs, next } = preview
  const named = starts.length > NAMED ? [...starts.slice(0, NAMED - 1), ...starts.slice(-1)] : starts
  const first = preview.newest_due.at(-1)
  const oldest = starts.at(-1) ?? first
  return (
    <div data-testid="unpause-preview">
      {held_runs > 0 ? <Text size="sm">{text.held(held_runs)}</Text> : null}
      <Text size="sm" fw={550}>
        {text.starts(starts_count)}
      </Text>
      <List size="sm" my={4} spacing={2}>
        {named.map((run, at) => (
          <List.Item key={run.run_id}>
            {starts_count > named.length && at === named.length - 1 ? (
              <Text size="sm" c="dimmed">
                {text.more(starts_count - named.length)} …
              </Text>
            ) : null}
            <span title={run.run_id}>
              <Instant at={run.logical_date} zone={zone} />
            </span>
          </List.Item>
        ))}
      </List>
      {waiting_count > 0 && oldest !== undefined ? (
        <Text size="sm">
          {text.waiting(strings.preview.count(waiting_count, has_more), max_active_runs, oldest.logical_date.slice(0, 10))}
        </Text>
      ) : null}
      {starts_count + waiting_count > 1 ? (
        <Text size="sm" c="dimmed">
          {text.catchupOff}
        </Text>
      ) : null}
      <Text size="sm" mt={4}>
        {next === null ? (
          text.none
        ) : (
          <>
            {text.next} <Instant at={next.run_after} zone={zone} />
          </>
        )}
      </Text>
    </div>
  )
}

/** Whether there is anything to say before it is done. */
export const hasConsequences = (preview: UnpausePreview): boolean =>
  preview.starts_count + preview.waiting_count + preview.held_runs > 0 || preview.has_more
