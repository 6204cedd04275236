/** One asset: who makes and who awaits it, its updates, and recording one by hand. */
import { Alert, Button, Text, Title } from '@mantine/core'
import { IconDatabaseOff, IconInfoCircle, IconPlayerPause, IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import type { AssetConsumer, AssetDetail, AssetTask } from '#contract/asset.ts'
import { errorCode } from '../../api/errors.ts'
import { assetQuery } from '../../api/queries/assets.ts'
import { useCommands } from '../../commands/index.ts'
import { strings } from '../../strings.ts'
import { CopyIcon } from '../../ui/CopyIcon.tsx'
import { Instant } from '../../ui/Instant.tsx'
import { Empty, Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { useMayOperate } from '../session/index.ts'
import { Fact, PageHeader } from '../shell/index.ts'
import { AssetEvents } from './AssetEvents.tsx'
import { AssetGraph } from './AssetGraph.tsx'
import classes from './Assets.module.css'
import { RecordEventDialog } from './RecordEventDialog.tsx'

const text = strings.assets

export function AssetPage({ uri }: { uri: string }) {
  const { data: asset, error, refetch } = useQuery(assetQuery(uri))
  if (asset) return <Loaded asset={asset} />
  if (error === null)
    return (
      <>
        <PageHeader title={uri} trail={[<ToList key="list" />]} />
        <div style={{ padding: '0 24px' }}>
          <RowsSkeleton />
        </div>
      </>
    )
  if (errorCode(error) !== 'not_found') return <Failed error={error} onRetry={() => void refetch()} isPage />
  return (
    <Empty title={text.notFound} text={text.notFoundText} icon={IconDatabaseOff} isPage>
      <ToList />
    </Empty>
  )
}

const ToList = () => <Link to="/assets">{text.title}</Link>

function Loaded({ asset }: { asset: AssetDetail }) {
  const mayOperate = useMayOperate()
  const [isRecording, setRecording] = useState(false)
  const record = () => {
    setRecording(true)
  }
  useCommands(mayOperate ? [{ id: 'asset-record', title: text.recordTitle(asset.name), group: 'act', run: record }] : [])
  return (
    <>
      <PageHeader
        title={asset.name}
        trail={[<ToList key="list" />]}
        actions={
          <Button size="xs" leftSection={<IconPlus size={15} />} disabled={!mayOperate} onClick={record}>
            {text.record}
          </Button>
        }
        facts={
          <>
            <Fact label={text.uri}>
              <span className="mono" title={asset.uri}>
                {asset.uri}
              </span>
            </Fact>
            <CopyIcon text={() => asset.uri} label={text.copyUri} />
            {asset.group === '' ? null : <Fact label={text.group}>{asset.group}</Fact>}
            <Fact label={text.lastUpdate}>{asset.last_event === null ? text.never : <Instant at={asset.last_event.at} relative />}</Fact>
            {asset.aliases.length === 0 ? null : <Fact label={text.aliases}>{asset.aliases.join(', ')}</Fact>}
          </>
        }
      />
      <div className={classes['page']}>
        <AssetGraph asset={asset} />
        <section className={classes['events']} aria-label={text.updates}>
          <Title order={2} size="h5">
            {text.updates}
          </Title>
          <AssetEvents uri={asset.uri} />
        </section>
        <Uses asset={asset} />
      </div>
      {isRecording ? (
        <RecordEventDialog
          asset={asset}
          onClose={() => {
            setRecording(false)
          }}
        />
      ) : null}
    </>
  )
}

function Uses({ asset }: { asset: AssetDetail }) {
  return (
    <div className={classes['uses']} tabIndex={0} role="region" aria-label={text.graph}>
      <Use
        title={text.makes}
        none={text.makesNone}
        items={asset.producers.map((task) => [`${task.dag_id} ${task.task_id}`, <TaskOf task={task} />])}
      />
      <Use title={text.awaits} none={text.awaitsNone} items={asset.consumers.map((dag) => [dag.dag_id, <Consumer dag={dag} />])} />
      <Use
        title={text.reads}
        none={text.readsNone}
        items={asset.readers.map((task) => [`${task.dag_id} ${task.task_id}`, <TaskOf task={task} />])}
      />
      {asset.is_cut ? (
        <Alert m="md" p="xs" icon={<IconInfoCircle size={18} />}>
          {text.cut}
        </Alert>
      ) : null}
    </div>
  )
}

function Use({ title, none, items }: { title: string; none: string; items: [string, ReactNode][] }) {
  return (
    <section aria-label={title}>
      <Title order={2} size="h5">
        {title}
      </Title>
      {items.length === 0 ? (
        <Text size="sm" c="dimmed" component="p">
          {none}
        </Text>
      ) : (
        <ul>
          {items.map(([key, item], i) => (
            <li key={`${key} ${i}`}>{item}</li>
          ))}
        </ul>
      )}
    </section>
  )
}

function TaskOf({ task: { dag_id: dagId, task_id, alias } }: { task: AssetTask }) {
  return (
    <>
      <Link to="/dags/$dagId/graph" params={{ dagId }} search={{ find: task_id }}>
        {text.task(task_id, dagId)}
      </Link>{' '}
      {alias === null ? null : <span className={classes['dim']}>{text.through(alias)}</span>}
    </>
  )
}

function Consumer({ dag }: { dag: AssetConsumer }) {
  const { dag_id: dagId, is_paused, condition, alias, queued_events } = dag
  return (
    <>
      <Link to="/dags/$dagId" params={{ dagId }}>
        {dag.dag_display_name ?? dagId}
      </Link>{' '}
      {alias === null ? null : <span className={classes['dim']}>{text.through(alias)}</span>}
      <div className={classes['dim']}>
        {condition === null ? null : <div>{condition}</div>}
        {is_paused ? (
          <>
            <IconPlayerPause size={12} aria-hidden /> {text.paused}
          </>
        ) : queued_events > 0 ? (
          <>
            {text.queued(queued_events)} (<Instant at={dag.queued_at} relative />)
          </>
        ) : (
          text.waits
        )}
      </div>
    </>
  )
}
