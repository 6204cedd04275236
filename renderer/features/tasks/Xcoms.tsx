/** XComs of a task instance. A value is read when somebody opens it, because it may be large; a very large one is only downloaded. */
import { Button, Group, Text } from '@mantine/core'
import { IconDownload, IconVariable } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { TaskInstance, XComEntry } from '#contract/taskInstance.ts'
import { xcomsQuery, xcomValueQuery } from '../../api/queries.ts'
import { formatBytes } from '../../lib/format.ts'
import { strings } from '../../strings.ts'
import { saveBlob } from '../../lib/saveBlob.ts'
import { tellError } from '../../ui/act.ts'
import { CopyIcon } from '../../ui/CopyIcon.tsx'
import { Instant } from '../../ui/Instant.tsx'
import { JsonTree } from '../../ui/json/JsonTree.tsx'
import type { Json } from '../../ui/json/jsonRows.ts'
import { Empty, Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import classes from './TaskPanel.module.css'

const text = strings.xcom
/** A value up to this size is opened at once if it is the only one. */
const OPEN_MAX = 16 * 1024
/** A larger one would make a page of hundreds of megabytes. */
const TREE_MAX = 5 * 1024 * 1024

export function Xcoms({ task }: { task: TaskInstance }) {
  const xcoms = useQuery(xcomsQuery(task))
  if (xcoms.isError) return <Failed error={xcoms.error} onRetry={() => void xcoms.refetch()} />
  if (!xcoms.data) return <RowsSkeleton rows={3} />
  const { data } = xcoms.data
  if (data.length === 0) return <Empty title={strings.tasks.noXcom} text={strings.tasks.noXcomText} icon={IconVariable} />
  return data.map((entry) => (
    <Xcom key={`${entry.key} ${entry.timestamp}`} task={task} entry={entry} isOpenFirst={data.length === 1 && entry.size <= OPEN_MAX} />
  ))
}

function Xcom({ task, entry, isOpenFirst }: { task: TaskInstance; entry: XComEntry; isOpenFirst: boolean }) {
  const [isOpen, setOpen] = useState(isOpenFirst)
  const isTooLarge = entry.size > TREE_MAX
  const value = useQuery({ ...xcomValueQuery(task, entry.key), enabled: isOpen && !isTooLarge })
  const save = useQuery({ ...xcomValueQuery(task, entry.key), enabled: false, gcTime: isTooLarge ? 0 : 300_000 })
  const download = async () => {
    const found = value.data ?? (await save.refetch()).data
    if (found === undefined) return tellError(save.error)
    const name = `${task.dag_id}.${task.run_id}.${task.task_id}${task.map_index < 0 ? '' : `.${task.map_index}`}.${entry.key}.json`
    saveBlob(new Blob([JSON.stringify(found.value, null, 2)], { type: 'application/json' }), name)
  }
  return (
    <section className={classes['card']} aria-label={entry.key}>
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm" fw={600} className="mono ellipsis" title={entry.key}>
          {entry.key}
        </Text>
        <Group gap={8} wrap="nowrap">
          <Text size="xs" c="dimmed" component="span" visibleFrom="xs">
            <Instant at={entry.timestamp} />
          </Text>
          <Text size="xs" c="dimmed" className="tabular">
            {formatBytes(entry.size)}
          </Text>
          {value.data ? <CopyIcon text={() => JSON.stringify(value.data.value, null, 2)} label={text.copy(entry.key)} /> : null}
          <Button size="compact-xs" variant="subtle" leftSection={<IconDownload size={14} />} onClick={() => void download()}>
            {text.download}
          </Button>
          <Button
            size="compact-xs"
            variant="subtle"
            aria-expanded={isOpen}
            loading={isOpen && !isTooLarge && value.isPending}
            onClick={() => {
              setOpen(!isOpen)
            }}
          >
            {isOpen ? strings.tasks.hideValue : strings.tasks.showValue}
          </Button>
        </Group>
      </Group>
      {isOpen && isTooLarge ? (
        <Text size="sm" c="dimmed" mt={6}>
          {text.tooLarge(formatBytes(TREE_MAX))}
        </Text>
      ) : null}
      {isOpen && value.isError ? <Failed error={value.error} onRetry={() => void value.refetch()} /> : null}
      {isOpen && value.data ? (
        <div className={classes['value']}>
          <JsonTree value={value.data.value as Json} label={entry.key} />
        </div>
      ) : null}
    </section>
  )
}
