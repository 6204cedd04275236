/** Workers: what each one runs and can run, when it was last heard, and taking it out of service. */
import { ActionIcon, Button, Menu, Progress, Text } from '@mantine/core'
import { IconChevronDown, IconChevronRight, IconDots, IconPlayerPause, IconPlayerPlay, IconServer, IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { Worker } from '#contract/admin.ts'
import { api } from '../../api/client.ts'
import { swarmStatusQuery, workersQuery, workerTasksQuery } from '../../api/queries/admin.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { strings } from '../../strings.ts'
import { tell, tellError } from '../../ui/act.ts'
import { confirmAction } from '../../ui/confirm.ts'
import { Instant } from '../../ui/Instant.tsx'
import { StateBadge } from '../../ui/StateBadge.tsx'
import { PageHeader } from '../shell/index.ts'
import { AdminList } from './AdminList.tsx'
import classes from './Admin.module.css'
import { LiveTaskList } from './LiveTaskList.tsx'
import { useHasRole } from './RoleGate.tsx'

const route = getRouteApi('/_app/admin/workers')
const text = strings.workers
const { columns } = text

export function WorkersPage() {
  const { open } = route.useSearch()
  const navigate = route.useNavigate()
  const workers = useQuery(workersQuery)
  const status = useQuery(swarmStatusQuery)
  return (
    <>
      <PageHeader
        title={text.title}
        facts={
          status.data ? (
            <span className={classes['dim']} role="status">
              {text.summary(status.data.active_workers, status.data.running, status.data.parallelism, status.data.queue_depth)}
            </span>
          ) : undefined
        }
      />
      <div className={classes['head']} />
      <AdminList
        label={text.title}
        columns="28px minmax(160px, 2fr) 130px minmax(150px, 1.2fr) minmax(90px, 1fr) 110px 120px"
        head={['', columns.worker, columns.status, columns.load, columns.queues, columns.version, columns.heard]}
        rows={workers.data?.data}
        error={workers.error}
        onRetry={() => void workers.refetch()}
        rowKey={({ worker_id }) => worker_id}
        renderRow={(worker) => (
          <WorkerRow
            worker={worker}
            all={workers.data?.data ?? []}
            isOpen={open === worker.worker_id}
            onToggle={() => void navigate({ search: open === worker.worker_id ? {} : { open: worker.worker_id }, replace: true })}
          />
        )}
        empty={{ title: text.empty, text: text.emptyText, icon: IconServer }}
      />
    </>
  )
}

interface WorkerRowProps {
  worker: Worker
  all: readonly Worker[]
  isOpen: boolean
  onToggle: () => void
}

function WorkerRow({ worker, all, isOpen, onToggle }: WorkerRowProps) {
  const { worker_id, active_tasks, capacity } = worker
  const words = isOpen ? strings.admin.hide(worker_id) : strings.admin.show(worker_id)
  return (
    <>
      <div role="cell" className={classes['hideNarrow']}>
        <ActionIcon size="sm" aria-label={words} aria-expanded={isOpen} onClick={onToggle}>
          {isOpen ? <IconChevronDown size={16} /> : <IconChevronRight size={16} />}
        </ActionIcon>
      </div>
      <div role="cell">
        <span className={classes['name']}>{worker_id}</span>
        {worker.hostname === worker_id ? null : <span className={`${classes['dim']} ${classes['clip']}`}>{worker.hostname}</span>}
      </div>
      <div role="cell">
        <StateBadge state={worker.status} />
      </div>
      <div role="cell" className={`${classes['load']} ${classes['wide']}`}>
        <Progress
          value={capacity === 0 ? 0 : Math.min(100, (active_tasks / capacity) * 100)}
          size="sm"
          flex={1}
          aria-label={`${columns.load}: ${text.load(active_tasks, capacity)}`}
        />
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          className="tabular"
          aria-expanded={isOpen}
          aria-label={`${text.load(active_tasks, capacity)}: ${words}`}
          onClick={onToggle}
        >
          {text.load(active_tasks, capacity)}
        </Button>
      </div>
      <div role="cell" className={classes['wide']} data-label={columns.queues}>
        <span className={classes['clip']} title={worker.queues.join(', ')}>
          {queuesOf(worker).join(', ')}
        </span>
      </div>
      <div role="cell" className={classes['hideNarrow']}>
        <span className={classes['clip']} title={worker.version}>
          {worker.version}
        </span>
      </div>
      <div role="cell" className={classes['wide']} data-label={columns.heard}>
        <Instant at={worker.last_heartbeat} relative />
      </div>
      <div role="cell" className={classes['actions']}>
        <WorkerMenu worker={worker} all={all} />
      </div>
      {isOpen ? (
        <div className={classes['below']} role="cell">
          <Text size="xs" c="dimmed" mb={4} component="div">
            {text.connected} <Instant at={worker.connected_at} />
            {worker.labels.length === 0 ? '' : ` · ${text.labels}: ${worker.labels.join(', ')}`}
          </Text>
          <Held workerId={worker_id} />
        </div>
      ) : null}
    </>
  )
}

function Held({ workerId }: { workerId: string }) {
  return <LiveTaskList query={useQuery(workerTasksQuery(workerId))} empty={text.noTasks} of="worker" />
}

const queuesOf = ({ queues }: Worker) => (queues.length === 0 ? [text.anyQueue] : queues)

function WorkerMenu({ worker, all }: { worker: Worker; all: readonly Worker[] }) {
  const client = useQueryClient()
  const mayOperate = useHasRole('Operator')
  const mayRemove = useHasRole('Admin')
  const params = { worker_id: worker.worker_id }
  const act = useMutation({
    mutationFn: (what: 'drain' | 'resume' | 'remove') =>
      what === 'drain' ? api.drainWorker({ params }) : what === 'resume' ? api.resumeWorker({ params }) : api.deleteWorker({ params }),
    onSuccess: ({ message }) => {
      tell(message)
      void client.invalidateQueries({ queryKey: queryKeys.workers })
    },
    onError: tellError,
  })
  const { status, active_tasks } = worker
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon size="lg" aria-label={strings.admin.more(worker.worker_id)} disabled={!mayOperate}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {status === 'active' ? (
          <Menu.Item
            leftSection={<IconPlayerPause size={16} />}
            onClick={() => {
              confirmAction({
                title: text.drainTitle(worker.worker_id),
                text: <DrainText worker={worker} all={all} />,
                confirm: text.drain,
                onConfirm: () => {
                  act.mutate('drain')
                },
              })
            }}
          >
            {text.drain} …
          </Menu.Item>
        ) : null}
        {status === 'draining' ? (
          <Menu.Item
            leftSection={<IconPlayerPlay size={16} />}
            onClick={() => {
              act.mutate('resume')
            }}
          >
            {text.resume}
          </Menu.Item>
        ) : null}
        <Menu.Item
          color="red"
          leftSection={<IconTrash size={16} />}
          disabled={status !== 'offline' || !mayRemove}
          onClick={() => {
            confirmAction({
              title: text.removeTitle(worker.worker_id),
              text: active_tasks === 0 ? text.removeText : `${text.removeText} ${text.removeHeld(active_tasks)}`,
              confirm: text.remove,
              danger: true,
              onConfirm: () => {
                act.mutate('remove')
              },
            })
          }}
        >
          {text.remove} …
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

/** What a drain stops: its tasks end first, and queues may be left without a worker. */
function DrainText({ worker, all }: { worker: Worker; all: readonly Worker[] }) {
  const others = all.filter(({ worker_id, status }) => status === 'active' && worker_id !== worker.worker_id)
  const served = new Set(others.flatMap(queuesOf))
  const alone = queuesOf(worker).filter((queue) => !served.has(queue))
  return (
    <>
      <Text size="sm">{text.drainText(worker.active_tasks)}</Text>
      {others.length === 0 ? (
        <Text size="sm" fw={550}>
          {text.drainLast}
        </Text>
      ) : alone.length > 0 ? (
        <Text size="sm" fw={550}>
          {text.drainAlone(alone.join(', '))}
        </Text>
      ) : null}
      <Text size="sm" c="dimmed">
        {text.drainAfter}
      </Text>
    </>
  )
}
