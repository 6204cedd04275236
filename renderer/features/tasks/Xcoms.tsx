/** XComs of a task instance; a value is read only when somebody asks for it, because it may be large. */
import { Button, Code, Group, Text } from '@mantine/core'
import { IconVariable } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { TaskInstance, XComEntry } from '#contract/taskInstance.ts'
import { xcomsQuery, xcomValueQuery } from '../../api/queries.ts'
import { formatBytes } from '../../lib/format.ts'
import { strings } from '../../strings.ts'
import { Instant } from '../../ui/Instant.tsx'
import { Empty, Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import classes from './TaskPanel.module.css'

/** Characters of a value that are drawn; more would stall the page. */
const SHOWN_MAX = 200_000

export function Xcoms({ task }: { task: TaskInstance }) {
  const xcoms = useQuery(xcomsQuery(task))
  if (xcoms.isError) return <Failed error={xcoms.error} onRetry={() => void xcoms.refetch()} />
  if (!xcoms.data) return <RowsSkeleton rows={3} />
  if (xcoms.data.data.length === 0) return <Empty title={strings.tasks.noXcom} text={strings.tasks.noXcomText} icon={IconVariable} />
  return xcoms.data.data.map((entry) => <Xcom key={entry.key} task={task} entry={entry} />)
}

function Xcom({ task, entry }: { task: TaskInstance; entry: XComEntry }) {
  const [isOpen, setOpen] = useState(false)
  const value = useQuery({ ...xcomValueQuery(task, entry.key), enabled: isOpen })
  return (
    <section className={classes['card']} aria-label={entry.key}>
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm" fw={600} className="mono ellipsis" title={entry.key}>
          {entry.key}
        </Text>
        <Group gap={10} wrap="nowrap">
          <Text size="xs" c="dimmed" component="span" visibleFrom="xs">
            <Instant at={entry.timestamp} />
          </Text>
          <Text size="xs" c="dimmed" className="tabular">
            {formatBytes(entry.size)}
          </Text>
          <Button
            size="compact-xs"
            variant="subtle"
            aria-expanded={isOpen}
            loading={isOpen && value.isPending}
            onClick={() => {
              setOpen(!isOpen)
            }}
          >
            {isOpen ? strings.tasks.hideValue : strings.tasks.showValue}
          </Button>
        </Group>
      </Group>
      {isOpen && value.isError ? <Failed error={value.error} onRetry={() => void value.refetch()} /> : null}
      {isOpen && value.data ? (
        <Code block className={classes['value'] ?? ''}>
          {(JSON.stringify(value.data.value, null, 2) ?? 'null').slice(0, SHOWN_MAX)}
        </Code>
      ) : null}
    </section>
  )
}
