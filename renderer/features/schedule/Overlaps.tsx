/** Whether runs of a DAG would overlap, by how long its last ones took. */
import { Text } from '@mantine/core'
import type { SchedulePreview } from '#contract/schedule.ts'
import { formatDuration } from '../../lib/time.ts'
import { strings } from '../../strings.ts'

const text = strings.preview

export function Overlaps({ preview }: { preview: SchedulePreview }) {
  const { durations, runs, max_active_runs } = preview
  if (durations === null || runs.length === 0) return null
  const usual = formatDuration(durations.median_ms)
  const overlapping = runs.filter(({ still_running }) => still_running > 0).length
  return (
    <Text size="sm" mt="sm" {...(overlapping === 0 ? { c: 'dimmed' } : {})}>
      {overlapping === 0
        ? text.fits(usual, formatDuration(durations.longest_ms), durations.runs)
        : text.overlapsSome(overlapping, usual, max_active_runs)}
    </Text>
  )
}
