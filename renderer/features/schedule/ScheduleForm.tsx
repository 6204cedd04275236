/** What is previewed: each field is a part of the URL. Errors stand at their field and say how to mend them. */
import { Autocomplete, Button, Group, NumberInput, SegmentedControl, Select, Stack, Switch, Text } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { VortexError } from '#contract/errors.ts'
import type { SchedulePreview } from '#contract/schedule.ts'
import { dagIdsQuery } from '../../api/queries/schedule.ts'
import { scheduleWords } from '../../lib/schedule.ts'
import { localZone } from '../../lib/time.ts'
import type { SchedulesSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { CommittedText } from './CommittedText.tsx'
import { CronParts } from './CronParts.tsx'
import type { ScheduleChange } from './scheduleChange.ts'
import classes from './SchedulesPage.module.css'

const text = strings.preview
const EXAMPLES = ['@hourly', '@daily', '30 2 * * *', '*/15 9-17 * * mon-fri', '0 6 1 * *', '6h', '1 day']
const mono = { input: { fontFamily: 'var(--mono)' } }

interface ScheduleFormProps {
  search: SchedulesSearch
  preview: SchedulePreview | null
  error: Error | null
  onChange: (part: ScheduleChange) => void
}

export function ScheduleForm({ search, preview, error, onChange }: ScheduleFormProps) {
  const problem = problemOf(error)
  const problemAt = (field: string) => (problem?.field === field ? <Problem problem={problem} /> : undefined)
  // Of a DAG: what its file says, until it is overwritten here.
  const own = search.dag === undefined ? null : preview
  const schedule = search.schedule ?? own?.schedule ?? ''
  const [typed, setTyped] = useState<string | null>(null)
  const isChanged = Object.keys(search).some((name) => name !== 'dag')
  return (
    <form
      className={classes['form']}
      aria-label={text.form}
      onSubmit={(event) => {
        event.preventDefault()
      }}
    >
      <Stack gap="sm">
        <DagField dag={search.dag} onChange={onChange} />
        <div>
          <CommittedText
            label={text.schedule}
            description={text.scheduleHint}
            placeholder={search.dag === undefined ? '0 6 * * mon-fri' : text.ownSchedule}
            styles={mono}
            maxLength={1000}
            value={schedule}
            error={problemAt('schedule')}
            onType={setTyped}
            onCommit={(value) => {
              setTyped(null)
              onChange({ schedule: value === '' && search.dag === undefined ? undefined : value })
            }}
          />
          <CronParts schedule={typed ?? schedule} wrong={problem?.field === 'schedule' && typed === null ? problem.index : null} />
          <Text className={classes['words'] ?? ''} aria-live="polite">
            {inWords(typed ?? schedule)}
          </Text>
          <Group gap={6} role="group" aria-label={text.examples}>
            {EXAMPLES.map((example) => (
              <Button
                key={example}
                size="compact-xs"
                variant="default"
                ff="var(--mono)"
                fw={400}
                onClick={() => {
                  onChange({ schedule: example })
                }}
              >
                {example}
              </Button>
            ))}
          </Group>
        </div>
        <ZoneField value={search.zone ?? own?.timezone ?? 'UTC'} error={problemAt('timezone')} onChange={onChange} />
        <CommittedText
          label={text.start}
          description={text.startHint}
          placeholder={own?.start_date ?? text.optional}
          value={search.start ?? ''}
          error={problemAt('start_date')}
          onCommit={(start) => {
            onChange({ start: start === '' ? undefined : start })
          }}
        />
        <CommittedText
          label={text.end}
          placeholder={own?.end_date ?? text.optional}
          value={search.end ?? ''}
          error={problemAt('end_date')}
          onCommit={(end) => {
            onChange({ end: end === '' ? undefined : end })
          }}
        />
        <Switch
          label={text.catchup}
          description={text.catchupHint}
          checked={search.catchup ?? own?.catchup ?? false}
          onChange={(event) => {
            onChange({ catchup: event.currentTarget.checked })
          }}
        />
        <div>
          <Text size="sm" fw={500} id="rules-label">
            {text.rules}
          </Text>
          <SegmentedControl
            fullWidth
            size="xs"
            aria-labelledby="rules-label"
            value={search.rules ?? own?.dialect ?? '3'}
            data={[
              { value: '3', label: text.dialect('3') },
              { value: '2', label: text.dialect('2') },
            ]}
            onChange={(rules) => {
              // The rules make the timetable, so the schedule they are for is named with them.
              onChange({ rules: rules === '2' ? '2' : '3', schedule })
            }}
          />
          <Text size="xs" c="dimmed" mt={4}>
            {text.rulesHint}
          </Text>
        </div>
        <NumberInput
          label={text.maxActive}
          min={1}
          max={100_000}
          value={search.max ?? own?.max_active_runs ?? 16}
          onChange={(max) => {
            onChange({ max: typeof max === 'number' && Number.isInteger(max) && max >= 1 && max <= 100_000 ? max : undefined })
          }}
        />
        {search.dag !== undefined && isChanged ? (
          <Button
            variant="default"
            size="xs"
            onClick={() => {
              const none = { schedule: undefined, zone: undefined, start: undefined, end: undefined }
              onChange({ ...none, catchup: undefined, rules: undefined, max: undefined })
            }}
          >
            {text.reset}
          </Button>
        ) : null}
      </Stack>
    </form>
  )
}

/** Nothing where there are no words for it. */
function inWords(schedule: string): string {
  const words = schedule.trim() === '' ? '' : scheduleWords(schedule.trim())
  return words === schedule.trim() ? '' : words
}

interface Problem {
  field: string
  message: string
  hint: string | null
  index: number | null
}

function problemOf(error: Error | null): Problem | null {
  if (!(error instanceof VortexError)) return null
  const details = (error.details ?? {}) as { field?: unknown; hint?: unknown; index?: unknown }
  return {
    field: typeof details.field === 'string' ? details.field : 'schedule',
    message: error.message,
    hint: typeof details.hint === 'string' ? details.hint : null,
    index: typeof details.index === 'number' ? details.index : null,
  }
}

function Problem({ problem }: { problem: Problem }) {
  return (
    <>
      {problem.message}
      {problem.hint === null ? null : (
        <span style={{ display: 'block', marginTop: 4, color: 'var(--mantine-color-text)' }}>{problem.hint}</span>
      )}
    </>
  )
}

function DagField({ dag, onChange }: { dag: string | undefined; onChange: (part: ScheduleChange) => void }) {
  const [typed, setTyped] = useState(dag ?? '')
  const [search, setSearch] = useState('')
  const look = useDebouncedCallback(setSearch, 200)
  const { data = [] } = useQuery(dagIdsQuery(search))
  return (
    <Autocomplete
      label={text.dag}
      description={text.dagHint}
      placeholder={text.anyDag}
      data={data}
      value={typed}
      filter={({ options }) => options}
      clearable
      clearButtonProps={{ 'aria-label': text.dagNone }}
      onChange={(value) => {
        setTyped(value)
        look(value)
        if (value === '') onChange({ dag: undefined })
      }}
      onOptionSubmit={(value) => {
        onChange({ dag: value, schedule: undefined, zone: undefined, start: undefined, end: undefined, rules: undefined, max: undefined })
      }}
    />
  )
}

/** Every zone of the IANA database that the browser knows; names that are no place (fixed offsets) can be typed in the URL. */
function ZoneField({ value, error, onChange }: { value: string; error: React.ReactNode; onChange: (part: ScheduleChange) => void }) {
  const zones = useMemo(() => [...new Set(['UTC', localZone(), value, ...Intl.supportedValuesOf('timeZone')])], [value])
  return (
    <Select
      label={text.timezone}
      data={zones}
      value={value}
      error={error}
      searchable
      limit={60}
      allowDeselect={false}
      onChange={(zone) => {
        if (zone !== null) onChange({ zone })
      }}
    />
  )
}
