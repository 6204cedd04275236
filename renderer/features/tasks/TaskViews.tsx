/** Log, attempts, XCom, why and details of one task instance, as tabs; used by the panel and by the task's own page. */
import { Code, Tabs, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, type ReactNode } from 'react'
import type { Task } from '#contract/dag.ts'
import type { TaskInstance } from '#contract/taskInstance.ts'
import { dagQuery, dagTasksQuery } from '../../api/queries.ts'
import { formatDuration } from '../../lib/time.ts'
import { TASK_TABS, type TaskChange, type TaskSearch, type TaskTab } from '../../search.ts'
import { spanOf } from '../../lib/taskSpan.ts'
import { strings } from '../../strings.ts'
import { Elapsed } from '../../ui/Elapsed.tsx'
import { Instant } from '../../ui/Instant.tsx'
import { RowsSkeleton } from '../../ui/PageState.tsx'
import { Attempts } from './Attempts.tsx'
import { Facts } from './Facts.tsx'
import { MappedInstances } from './MappedInstances.tsx'
import { Note } from './Note.tsx'
import { Rendered } from './Rendered.tsx'
import classes from './TaskPanel.module.css'
import { Why } from './Why.tsx'
import { Xcoms } from './Xcoms.tsx'

const TaskLog = lazy(() => import('../logs/index.ts').then(({ TaskLog: component }) => ({ default: component })))
const Markdown = lazy(() => import('../../ui/Markdown.tsx').then(({ Markdown: component }) => ({ default: component })))
const text = strings.tasks

interface TaskViewsProps {
  task: TaskInstance
  search: TaskSearch
  onChange: (change: TaskChange) => void
}

export function TaskViews({ task, search, onChange }: TaskViewsProps) {
  // What was never started has no log; the question then is why.
  const first: TaskTab = task.try_number === 0 ? 'why' : 'log'
  const shown = search.tab ?? first
  const isMapped = task.map_index >= 0
  const tabs = TASK_TABS.filter((tab) => tab !== 'instances' || isMapped || shown === 'instances')
  return (
    <>
      <Tabs
        value={shown}
        onChange={(value) => {
          onChange({ tab: TASK_TABS.find((each) => each === value) })
        }}
      >
        <Tabs.List className={classes['tabs'] ?? ''} aria-label={task.task_id}>
          {tabs.map((value) => (
            <Tabs.Tab key={value} value={value}>
              {text.tabs[value]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Tabs>
      <Suspense
        fallback={
          <div className={classes['body']}>
            <RowsSkeleton rows={5} height={28} />
          </div>
        }
      >
        <TaskView task={task} search={search} shown={shown} onChange={onChange} />
      </Suspense>
    </>
  )
}

function TaskView({ task, search, shown, onChange }: TaskViewsProps & { shown: TaskTab }) {
  if (shown === 'log') return <TaskLog task={task} search={search} onChange={onChange} />
  if (shown === 'instances') return <MappedInstances task={task} state={search.istate} onChange={onChange} />
  return (
    <div className={classes['body']}>
      {shown === 'attempts' ? (
        <Attempts
          task={task}
          onOpen={(attempt, tab) => {
            onChange({ attempt, tab, line: undefined })
          }}
        />
      ) : null}
      {shown === 'rendered' ? (
        <Rendered
          task={task}
          attempt={search.attempt}
          onAttempt={(attempt) => {
            onChange({ attempt, line: undefined })
          }}
        />
      ) : null}
      {shown === 'xcom' ? <Xcoms task={task} /> : null}
      {shown === 'why' ? <Why task={task} /> : null}
      {shown === 'details' ? <Details task={task} /> : null}
    </div>
  )
}

function Details({ task }: { task: TaskInstance }) {
  const zone = useQuery(dagQuery(task.dag_id)).data?.timezone ?? null
  return (
    <>
      <Note of={{ kind: 'task', task }} />
      <Facts
        facts={[
          [text.reason, task.state_reason ?? strings.time.never],
          [text.operator, task.operator],
          [text.columns.attempt, text.attemptOf(task.try_number, task.max_tries)],
          [text.queued, <Instant at={task.queued_time} zone={zone} />],
          [text.started, <Instant at={task.start_time} zone={zone} />],
          [text.ended, <Instant at={task.end_time} zone={zone} />],
          [text.duration, <Elapsed {...spanOf(task)} />],
          ...(task.next_try_at === null ? [] : [[text.nextTry, <Instant at={task.next_try_at} zone={zone} />] as const]),
          [text.pool, `${task.pool} (${text.slots(task.pool_slots)})`],
          [text.queue, task.queue],
          [text.priority, task.priority_weight],
          [text.worker, task.worker_id ?? strings.time.never],
        ]}
      />
      <div style={{ height: 18 }} />
      <TaskDefinition dagId={task.dag_id} taskId={task.task_id} />
    </>
  )
}

/** What the DAG says about a task, whatever run. */
export function TaskDefinition({ dagId, taskId }: { dagId: string; taskId: string }) {
  const task = useQuery(dagTasksQuery(dagId, null)).data?.tasks.find(({ id }) => id === taskId)
  if (!task) return null
  return (
    <>
      {task.stub_package === null ? null : (
        <Text size="sm" mb="sm" c="var(--state-upstream_failed-ink)">
          {text.stub(task.stub_package)}
        </Text>
      )}
      <Facts facts={definitionFacts(task)} />
      {task.command === '' ? null : (
        <Code block mt="md" style={{ fontFamily: 'var(--mono)', maxHeight: 320, overflow: 'auto' }}>
          {task.command}
        </Code>
      )}
      {task.doc_md === null ? null : (
        <div style={{ marginTop: 16 }}>
          <Suspense fallback={<RowsSkeleton rows={2} />}>
            <Markdown text={task.doc_md} />
          </Suspense>
        </div>
      )}
    </>
  )
}

function definitionFacts(task: Task): [string, ReactNode][] {
  return [
    [text.operator, task.operator],
    [text.triggerRule, task.trigger_rule],
    [text.retries, task.max_retries === 0 ? '0' : `${task.max_retries} (${formatDuration(task.retry_delay_secs * 1000)})`],
    [text.timeout, task.execution_timeout === null ? strings.details.none : formatDuration(task.execution_timeout * 1000)],
    [text.pool, `${task.pool} (${text.slots(task.pool_slots)})`],
    [strings.details.owner, task.owner],
  ]
}
