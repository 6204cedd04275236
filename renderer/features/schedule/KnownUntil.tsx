/** How far the runs of an author's own timetable are known: it is Python of the DAG file, which the server asks now and then. */
import { Text } from '@mantine/core'
import type { SchedulePreview } from '#contract/schedule.ts'
import { strings } from '../../strings.ts'
import { Instant } from '../../ui/Instant.tsx'

export function KnownUntil({ preview }: { preview: Pick<SchedulePreview, 'known_until'> }) {
  if (preview.known_until === null) return null
  return (
    <Text size="sm" c="dimmed" mt={6}>
      {strings.preview.knownUntil} <Instant at={preview.known_until} />
    </Text>
  )
}
