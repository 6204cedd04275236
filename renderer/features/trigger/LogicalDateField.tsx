/** The logical date of a run that is started by hand: now, a given one, or none; with the data interval that follows from it. */
import { Input, SegmentedControl, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { DagDetail } from '#contract/dag.ts'
import { triggerPreviewQuery } from '../../api/queries/schedule.ts'
import { strings } from '../../strings.ts'
import { Instant } from '../../ui/Instant.tsx'
import { instantOf } from './instantOf.ts'

const text = strings.trigger

export interface LogicalDate {
  kind: 'now' | 'date' | 'none'
  /** What the input holds: a wall clock time in UTC, or empty. */
  at: string
}

interface LogicalDateFieldProps {
  dag: DagDetail
  value: LogicalDate
  error: string | null
  /** What is not seen is not asked for. */
  isOpen: boolean
  onChange: (value: LogicalDate) => void
}

export function LogicalDateField({ dag, value, error, isOpen, onChange }: LogicalDateFieldProps) {
  const kinds = [
    { value: 'now', label: text.dateNow },
    { value: 'date', label: text.dateGiven },
    ...(dag.dialect === '3' ? [{ value: 'none', label: text.dateNone }] : []),
  ]
  return (
    <Input.Wrapper label={text.logicalDate} labelElement="div">
      <div>
        <SegmentedControl
          size="xs"
          aria-label={text.logicalDate}
          data={kinds}
          value={value.kind}
          onChange={(kind) => {
            onChange({ ...value, kind: kind === 'date' || kind === 'none' ? kind : 'now' })
          }}
        />
      </div>
      {value.kind === 'date' ? (
        <TextInput
          mt={6}
          type="datetime-local"
          step={1}
          aria-label={text.dateInput}
          description={text.utcHint}
          value={value.at}
          error={error}
          onChange={(event) => {
            onChange({ ...value, at: event.currentTarget.value })
          }}
        />
      ) : error === null ? null : (
        <Input.Error mt={4}>{error}</Input.Error>
      )}
      {value.kind === 'none' ? (
        <Text size="xs" c="dimmed" mt={6}>
          {text.dateNoneHint}
        </Text>
      ) : isOpen ? (
        <Interval dag={dag} at={value.kind === 'date' && value.at !== '' ? instantOf(value.at) : null} />
      ) : null}
    </Input.Wrapper>
  )
}

function Interval({ dag, at }: { dag: DagDetail; at: string | null }) {
  const [asked] = useDebouncedValue(at, 250)
  const { data, isError } = useQuery(triggerPreviewQuery(dag.id, asked))
  if (data === undefined || isError) return null
  const { data_interval_start: start, data_interval_end: end } = data
  return (
    <Text size="xs" c="dimmed" mt={6} component="div">
      {text.interval}: <Instant at={start} zone={dag.timezone} />
      {start === end ? (
        ` (${text.intervalPoint})`
      ) : (
        <>
          {' '}
          – <Instant at={end} zone={dag.timezone} />
        </>
      )}
      {data.taken_by === null ? null : (
        <Text size="xs" c="orange" component="div">
          {text.taken}{' '}
          <Link to="/dags/$dagId/runs/$runId" params={{ dagId: dag.id, runId: data.taken_by }}>
            {data.taken_by}
          </Link>
        </Text>
      )}
    </Text>
  )
}
