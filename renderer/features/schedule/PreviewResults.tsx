/** What comes of a schedule: what starts now, which days have another clock, and the next runs. */
import { Accordion, Alert, Table, Text, Title } from '@mantine/core'
import { IconClockExclamation, IconStack2 } from '@tabler/icons-react'
import type { NextRun } from '#contract/dag.ts'
import type { Outlook, SchedulePreview } from '#contract/schedule.ts'
import { strings } from '../../strings.ts'
import { Instant } from '../../ui/Instant.tsx'
import { clockChangesOf } from './clockChange.ts'
import { KnownUntil } from './KnownUntil.tsx'
import { Overlaps } from './Overlaps.tsx'
import { RunsTable } from './RunsTable.tsx'
import classes from './SchedulesPage.module.css'

const text = strings.preview

export function PreviewResults({ preview, isOld }: { preview: SchedulePreview; isOld: boolean }) {
  const { runs, timezone } = preview
  const changes = clockChangesOf(runs)
  return (
    <div style={isOld ? { opacity: 0.6 } : undefined}>
      <Title order={2} size="h5" mb={6}>
        {text.now}
      </Title>
      <NowSentences preview={preview} />
      {changes.length === 0 ? null : (
        <Alert mt="md" p="sm" color="yellow" title={text.clock} icon={<IconClockExclamation size={18} />}>
          <ul style={{ margin: 0, paddingLeft: 18 }}>
            {changes.map(({ at, sentence }) => (
              <li key={at}>{sentence}</li>
            ))}
          </ul>
        </Alert>
      )}
      <Overlaps preview={preview} />
      <Title order={2} size="h5" mt="lg" mb={6}>
        {runs.length === 0 ? text.next : text.nextCount(runs.length)}
      </Title>
      {runs.length === 0 ? (
        <Text size="sm" c="dimmed">
          {preview.outlook.has_more && preview.outlook.newest_due.length === 0 ? text.tooMany : text.noRuns}
        </Text>
      ) : (
        <RunsTable runs={runs} zone={timezone} usual={preview.durations?.median_ms ?? null} />
      )}
      <KnownUntil preview={preview} />
    </div>
  )
}

function NowSentences({ preview }: { preview: SchedulePreview }) {
  const { outlook, catchup, with_catchup, max_active_runs, timezone } = preview
  const due = outlook.starts_count + outlook.waiting_count
  return (
    <div className={classes['sentences']}>
      {outlook.starts_count === 0 ? <p>{text.nothingStarts}</p> : <Starts outlook={outlook} zone={timezone} />}
      {outlook.waiting_count === 0 ? null : <p>{text.waiting(text.count(outlook.waiting_count, outlook.has_more), max_active_runs)}</p>}
      {!catchup && with_catchup !== null && with_catchup.due > due ? (
        <p className={classes['dim']}>
          {text.withoutCatchup} {text.withCatchup(text.count(with_catchup.due, with_catchup.has_more))}
        </p>
      ) : null}
      {due > 1 && outlook.newest_due.length > 0 ? <DueList outlook={outlook} zone={timezone} /> : null}
    </div>
  )
}

function Starts({ outlook, zone }: { outlook: Outlook; zone: string }) {
  const first = outlook.starts[0]
  return (
    <p>
      <strong>{text.starts(text.count(outlook.starts_count, false))}</strong>{' '}
      {first === undefined ? null : (
        <>
          {text.first} <Interval run={first} zone={zone} />
        </>
      )}
    </p>
  )
}

function Interval({ run, zone }: { run: NextRun; zone: string }) {
  return run.data_interval_start === run.data_interval_end ? (
    <Instant at={run.logical_date} zone={zone} />
  ) : (
    <>
      <Instant at={run.data_interval_start} zone={zone} /> – <Instant at={run.data_interval_end} zone={zone} />
    </>
  )
}

function DueList({ outlook, zone }: { outlook: Outlook; zone: string }) {
  const due = text.count(outlook.starts_count + outlook.waiting_count, outlook.has_more)
  return (
    <Accordion variant="separated" mt="sm" styles={{ label: { paddingBlock: 8 }, content: { paddingTop: 0 } }}>
      <Accordion.Item value="due">
        <Accordion.Control icon={<IconStack2 size={16} />}>
          <Text size="sm">
            {text.due(due)} <span className={classes['dim']}>({text.dueNewest})</span>
          </Text>
        </Accordion.Control>
        <Accordion.Panel>
          <div style={{ maxHeight: 320, overflow: 'auto' }} tabIndex={0} role="region" aria-label={text.due(due)}>
            <Table verticalSpacing={3} fz="sm">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{text.columns.inZone}</Table.Th>
                  <Table.Th>{text.columns.logical}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {outlook.newest_due.map((run) => (
                  <Table.Tr key={run.run_after}>
                    <Table.Td>
                      <Instant at={run.run_after} zone={zone} />
                    </Table.Td>
                    <Table.Td>
                      <Instant at={run.logical_date} zone={zone} />
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </div>
          {outlook.starts_count + outlook.waiting_count > outlook.newest_due.length ? (
            <Text size="xs" c="dimmed" mt={4}>
              {text.listed(outlook.newest_due.length)}
            </Text>
          ) : null}
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  )
}
