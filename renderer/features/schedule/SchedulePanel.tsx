/** The schedule of one DAG: its next runs, what unpausing would start, and the way to the whole preview. */
import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { DagDetail } from '#contract/dag.ts'
import { schedulePreviewQuery, unpausePreviewQuery } from '../../api/queries/schedule.ts'
import { strings } from '../../strings.ts'
import { Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { clockChangesOf } from './clockChange.ts'
import { KnownUntil } from './KnownUntil.tsx'
import { Overlaps } from './Overlaps.tsx'
import { RunsTable } from './RunsTable.tsx'
import { UnpauseConsequences } from './UnpauseConsequences.tsx'

const text = strings.preview
/** Enough to see the rhythm; the preview has the rest. */
const SHOWN = 5

export function SchedulePanel({ dag }: { dag: Pick<DagDetail, 'id' | 'is_paused' | 'timezone' | 'schedule_interval' | 'asset_schedule'> }) {
  const preview = useQuery(schedulePreviewQuery({ dag: dag.id }))
  const unpause = useQuery({ ...unpausePreviewQuery(dag.id), enabled: dag.is_paused && dag.schedule_interval !== null })
  if (preview.data === undefined)
    return preview.isError ? (
      <Failed error={preview.error} onRetry={() => void preview.refetch()} />
    ) : (
      <RowsSkeleton rows={SHOWN} height={28} />
    )
  const { data } = preview
  const none = dag.asset_schedule === null ? text.noRuns : strings.assets.noPlanned
  if (data.runs.length === 0 && data.kind === 'none')
    return (
      <Text size="sm" c="dimmed">
        {none}
      </Text>
    )
  return (
    <>
      {unpause.data === undefined ? null : (
        <div style={{ marginBottom: 12 }}>
          <Text size="sm" c="dimmed">
            {strings.unpause.panel}
          </Text>
          <UnpauseConsequences preview={unpause.data} zone={data.timezone} />
        </div>
      )}
      {data.runs.length === 0 ? (
        <Text size="sm" c="dimmed">
          {none}
        </Text>
      ) : (
        <RunsTable runs={data.runs.slice(0, SHOWN)} zone={data.timezone} usual={data.durations?.median_ms ?? null} isShort />
      )}
      <KnownUntil preview={data} />
      <Overlaps preview={data} />
      {clockChangesOf(data.runs)
        .slice(0, 1)
        .map(({ at, sentence }) => (
          <Text key={at} size="sm" mt={6}>
            {sentence}
          </Text>
        ))}
      <Text size="sm" mt={6}>
        <Link to="/schedules" search={{ dag: dag.id }}>
          {text.open}
        </Link>
      </Text>
    </>
  )
}
