/** Each attempt of a task instance: how it ended and where it ran. */
import { Button, Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { TaskInstance } from '#contract/taskInstance.ts'
import { attemptsQuery, dagQuery } from '../../api/queries.ts'
import { formatBytes } from '../../lib/format.ts'
import { formatDuration } from '../../lib/time.ts'
import { strings } from '../../strings.ts'
import { Elapsed } from '../../ui/Elapsed.tsx'
import { Instant } from '../../ui/Instant.tsx'
import { Empty, Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { StateBadge } from '../../ui/StateBadge.tsx'
import classes from './TaskPanel.module.css'
import { Facts } from './Facts.tsx'

const text = strings.tasks

export function Attempts({ task, onOpen }: { task: TaskInstance; onOpen: (attempt: number, tab: 'log' | 'rendered') => void }) {
  const attempts = useQuery(attemptsQuery(task))
  const zone = useQuery(dagQuery(task.dag_id)).data?.timezone ?? null
  if (attempts.isError) return <Failed error={attempts.error} onRetry={() => void attempts.refetch()} />
  if (!attempts.data) return <RowsSkeleton rows={3} />
  if (attempts.data.data.length === 0) return <Empty title={text.neverTried} text={text.neverTriedText} />
  return attempts.data.data.toReversed().map((attempt) => (
    <section key={attempt.attempt} className={classes['card']} aria-label={text.attempt(attempt.attempt)}>
      <Group justify="space-between" mb={8}>
        <Group gap={8}>
          <Text fw={600} size="sm">
            {text.attempt(attempt.attempt)}
          </Text>
          <StateBadge state={attempt.state} />
          <Text size="sm" c="dimmed" component="span">
            <Elapsed start={attempt.start_time} end={attempt.end_time} />
          </Text>
        </Group>
        <Group gap={4} wrap="nowrap">
          <Button
            size="compact-xs"
            variant="subtle"
            onClick={() => {
              onOpen(attempt.attempt, 'rendered')
            }}
          >
            {text.tabs.rendered}
          </Button>
          <Button
            size="compact-xs"
            variant="subtle"
            onClick={() => {
              onOpen(attempt.attempt, 'log')
            }}
          >
            {text.tabs.log} · {formatBytes(attempt.log_bytes)}
          </Button>
        </Group>
      </Group>
      {attempt.reason === null ? null : (
        <Text size="sm" mb={8} style={{ overflowWrap: 'anywhere' }}>
          {attempt.reason}
        </Text>
      )}
      <Facts
        facts={[
          [text.queued, <Instant at={attempt.queued_time} zone={zone} />],
          ...(attempt.start_time === null
            ? []
            : [[text.waited, formatDuration(Date.parse(attempt.start_time) - Date.parse(attempt.queued_time))] as const]),
          [text.started, <Instant at={attempt.start_time} zone={zone} />],
          [text.ended, <Instant at={attempt.end_time} zone={zone} />],
          [
            text.worker,
            attempt.worker_id === null
              ? strings.time.never
              : `${attempt.worker_id}${attempt.hostname === null || attempt.hostname === '' ? '' : ` @ ${attempt.hostname}`}`,
          ],
          // The process of an attempt that failed by an exception ends well: it has told what it found.
          ...(attempt.exit_code === null || (attempt.exit_code === 0 && attempt.state === 'failed')
            ? []
            : [[text.exit, attempt.exit_code] as const]),
          ...(attempt.signal === null ? [] : [[text.signal, attempt.signal] as const]),
          ...(attempt.max_rss_bytes === null ? [] : [[text.memory, formatBytes(attempt.max_rss_bytes)] as const]),
        ]}
      />
    </section>
  ))
}
