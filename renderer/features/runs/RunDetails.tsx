/** Facts of a run, and the conf that it was given. */
import { Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { DagRunDetail } from '#contract/dagRun.ts'
import { dagQuery } from '../../api/queries.ts'
import { strings } from '../../strings.ts'
import { Instant } from '../../ui/Instant.tsx'
import { JsonTree } from '../../ui/json/JsonTree.tsx'
import type { Json } from '../../ui/json/jsonRows.ts'
import { RunAssetEvents } from '../assets/index.ts'
import { Note } from '../tasks/index.ts'
import classes from './RunPage.module.css'
import { TriggeredBy } from './TriggeredBy.tsx'

const text = strings.runs

export function RunDetails({ run }: { run: DagRunDetail }) {
  const zone = useQuery(dagQuery(run.dag_id)).data?.timezone ?? null
  const facts: [string, ReactNode][] = [
    [text.columns.run, <span className="mono">{run.run_id}</span>],
    [text.columns.type, strings.runTypes[run.run_type]],
    [text.triggeredBy, <TriggeredBy run={run} />],
    [text.columns.logical, <Instant at={run.logical_date} zone={zone} />],
    [
      text.interval,
      run.data_interval_start === null ? (
        strings.time.never
      ) : (
        <>
          <Instant at={run.data_interval_start} zone={zone} /> … <Instant at={run.data_interval_end} zone={zone} />
        </>
      ),
    ],
    [strings.tasks.queued, <Instant at={run.queued_time} zone={zone} />],
    [strings.tasks.started, <Instant at={run.start_time} zone={zone} />],
    [strings.tasks.ended, <Instant at={run.end_time} zone={zone} />],
    [
      text.dagVersion,
      <Link to="/dags/$dagId/code" params={{ dagId: run.dag_id }} search={{ version: run.version }}>
        {strings.dag.version(run.version)}
      </Link>,
    ],
    [text.reason, run.state_reason === null ? strings.time.never : (text.reasons[run.state_reason] ?? run.state_reason)],
  ]
  return (
    <div className={classes['scroll']}>
      <Note of={{ kind: 'run', run }} />
      <dl className={classes['facts']}>
        {facts.map(([label, value]) => (
          <div key={label} style={{ display: 'contents' }}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {run.run_type === 'asset_triggered' ? <RunAssetEvents run={run} /> : null}
      <Title order={2} size="h5" mt="xl" mb={6}>
        {text.conf}
      </Title>
      {Object.keys(run.conf).length === 0 ? (
        <Text size="sm" c="dimmed">
          {text.noConf}
        </Text>
      ) : (
        <div className={classes['conf']}>
          <JsonTree value={run.conf as Json} label={text.conf} />
        </div>
      )}
    </div>
  )
}
