/** How the system is: server, scheduler, database, live events, DAG files. */
import { Alert, Title } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { systemQuery } from '../../api/queries/admin.ts'
import { formatBytes } from '../../lib/format.ts'
import { formatDuration } from '../../lib/time.ts'
import { strings } from '../../strings.ts'
import { Instant } from '../../ui/Instant.tsx'
import { Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { Lamps } from '../home/Lamps.tsx'
import { PageHeader } from '../shell/index.ts'
import classes from './Admin.module.css'
import { PluginsCard } from './PluginsCard.tsx'

const text = strings.system

export function SystemPage() {
  const read = useQuery(systemQuery)
  const rate = useRate(read.data)
  const { data } = read
  if (data === undefined) {
    return (
      <>
        <PageHeader title={text.title} />
        {read.isError ? (
          <Failed error={read.error} onRetry={() => void read.refetch()} />
        ) : (
          <div style={{ padding: '0 24px' }}>
            <RowsSkeleton />
          </div>
        )}
      </>
    )
  }
  const { system, health, swarm } = data
  const isAlone = health.scheduler === 'leader' && health.leader_address === null
  const { storage } = health
  return (
    <>
      <PageHeader
        title={text.title}
        // The same verdict as on Home, from the same place.
        facts={<Lamps importErrors={system.import_errors} />}
      />
      {health.database_problem === null ? null : (
        <Alert mx={24} mt="sm" color="red" icon={<IconAlertTriangle size={18} />}>
          {health.database_problem}
        </Alert>
      )}
      <div className={classes['cards']}>
        <Card
          title={text.scheduler}
          facts={[
            [text.role, text.roles[health.scheduler]],
            // One controller with a database of its own has nobody to lead.
            ...(isAlone && health.leader_epoch === null
              ? []
              : ([
                  [text.leader, health.leader_address ?? (isAlone ? text.alone : strings.time.never)],
                  [text.epoch, <span title={text.epochHint}>{health.leader_epoch ?? strings.time.never}</span>],
                ] as const)),
            [text.running, text.runningOf(swarm.running, swarm.parallelism)],
            [text.queue, <span title={text.queueHint}>{swarm.queue_depth}</span>],
            [text.workers, <Link to="/admin/workers">{swarm.active_workers}</Link>],
          ]}
        />
        <Card
          title={text.database}
          facts={[
            [text.kind, system.database],
            [text.state, health.database],
            [text.size, storage.database_bytes === null ? text.notMeasured : formatBytes(storage.database_bytes)],
            [text.logs, storage.log_bytes === null ? text.notMeasured : formatBytes(storage.log_bytes)],
            [text.measured, storage.measured_at === null ? text.notMeasured : <Instant at={storage.measured_at} relative />],
            [text.retention, text.retentionDays(storage.retention_days)],
          ]}
        />
        <Card
          title={text.files}
          facts={[
            [
              text.state,
              `${text.reading[health.dag_files.state]}${health.dag_files.waiting > 0 ? `, ${text.waiting(health.dag_files.waiting)}` : ''}`,
            ],
            [text.dags, <Link to="/dags">{system.dags}</Link>],
            [
              text.importErrors,
              system.import_errors === 0 ? (
                text.none
              ) : (
                <Link to="/dags" search={{ errors: true }}>
                  {system.import_errors}
                </Link>
              ),
            ],
          ]}
        />
        <Card
          title={text.live}
          facts={[
            [text.streams, system.events.clients],
            ...(rate === null ? [] : ([[text.rate, <span title={text.rateHint}>{rate.toFixed(1)}</span>]] as const)),
          ]}
        />
        <Card
          title={text.server}
          facts={[
            [text.version, health.version],
            [text.node, system.node_version],
            [text.platform, system.platform],
            [text.started, <Instant at={system.started_at} />],
            [text.uptime, formatDuration(health.uptime_ms)],
            [text.memory, formatBytes(system.memory_bytes)],
          ]}
        />
        <PluginsCard />
      </div>
    </>
  )
}

function Card({ title, facts }: { title: string; facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <section className={classes['card']} aria-label={title}>
      <Title order={2} size="h5">
        {title}
      </Title>
      <dl className={classes['facts']}>
        {facts.map(([label, value]) => (
          <div key={label} style={{ display: 'contents' }}>
            <dt>{label}</dt>
            <dd className="tabular" style={{ whiteSpace: 'normal' }}>
              {value}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

/** Events a second between the last two readings. */
function useRate(read: { system: { events: { newest_id: number } }; at: number } | undefined): number | null {
  const before = useRef<{ id: number; at: number } | null>(null)
  const [rate, setRate] = useState<number | null>(null)
  useEffect(() => {
    if (read === undefined) return
    const { at } = read
    const id = read.system.events.newest_id
    if (before.current !== null && at > before.current.at)
      setRate(Math.max(0, ((id - before.current.id) * 1000) / (at - before.current.at)))
    before.current = { id, at }
  }, [read])
  return rate
}
