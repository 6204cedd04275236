/** What one version changed: tasks and dependencies that came and went, and fields with both values. */
import { Alert, Button, Code, Group, Select, Table, Text, Title } from '@mantine/core'
import { IconFileDiff, IconMinus, IconPencil, IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { FieldChange, VersionChanges } from '#contract/insights.ts'
import { versionChangesQuery } from '../../api/queries/insights.ts'
import { strings } from '../../strings.ts'
import { Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { leafChanges } from './leafChanges.ts'
import classes from './Versions.module.css'

const text = strings.versions

interface VersionChangesViewProps {
  dagId: string
  version: number
  /** null = the version before. */
  compared: number | null
  versions: readonly number[]
  onCompare: (version: number | null) => void
}

export function VersionChangesView({ dagId, version, compared, versions, onCompare }: VersionChangesViewProps) {
  const changes = useQuery(versionChangesQuery(dagId, version, compared))
  const other = changes.data?.compared_with ?? null
  return (
    <section className={classes['changes']} aria-label={`${text.changes}: ${strings.dag.version(version)}`}>
      <Group gap="sm" mb="sm" align="flex-end">
        <Title order={2} size="h4">
          {strings.dag.version(version)}
        </Title>
        {versions.length < 2 ? null : (
          <Select
            size="xs"
            w={130}
            label={text.compareWith}
            allowDeselect={false}
            value={other === null ? null : String(other)}
            data={versions.filter((each) => each !== version).map((each) => ({ value: String(each), label: strings.dag.version(each) }))}
            onChange={(value) => {
              onCompare(value === null ? null : Number(value))
            }}
          />
        )}
        <Button
          size="xs"
          variant="default"
          leftSection={<IconFileDiff size={15} />}
          renderRoot={(props) => (
            <Link to="/dags/$dagId/code" params={{ dagId }} search={other === null ? { version } : { version, with: other }} {...props} />
          )}
        >
          {other === null ? text.source : text.diff}
        </Button>
      </Group>
      {changes.isError ? (
        <Failed error={changes.error} onRetry={() => void changes.refetch()} />
      ) : changes.data ? (
        <Changes changes={changes.data} />
      ) : (
        <RowsSkeleton rows={4} />
      )}
    </section>
  )
}

function Changes({ changes }: { changes: VersionChanges }) {
  const { tasks_added, tasks_removed, tasks_changed, dag_fields, edges_added, edges_removed } = changes
  if (changes.compared_with === null) return <Text size="sm">{text.first}</Text>
  const isSame = [tasks_added, tasks_removed, tasks_changed, dag_fields, edges_added, edges_removed].every((list) => list.length === 0)
  if (isSame) return <Text size="sm">{changes.source_changed ? text.sourceOnly : text.nothing}</Text>
  return (
    <>
      {changes.truncated ? (
        <Alert p="xs" color="gray" mb="sm">
          {text.truncated}
        </Alert>
      ) : null}
      <Names title={text.tasksAdded} names={tasks_added} look="added" />
      <Names title={text.tasksRemoved} names={tasks_removed} look="removed" />
      <Names title={text.edgesAdded} names={edges_added.map((edge) => edge.join(' → '))} look="added" />
      <Names title={text.edgesRemoved} names={edges_removed.map((edge) => edge.join(' → '))} look="removed" />
      {dag_fields.length === 0 ? null : (
        <Part title={text.dagFields} icon={<IconPencil size={15} />} count={dag_fields.length}>
          <Fields fields={dag_fields} />
        </Part>
      )}
      {tasks_changed.length === 0 ? null : (
        <Part title={text.tasksChanged} icon={<IconPencil size={15} />} count={tasks_changed.length}>
          {alike(tasks_changed).map(([first, ...rest]) => (
            <div key={first.task_id} className={classes['task']}>
              {rest.length === 0 ? (
                <h4>{first.task_id}</h4>
              ) : (
                <details>
                  <summary>{text.sameIn(rest.length + 1)}</summary>
                  {[first, ...rest].map(({ task_id }) => task_id).join(', ')}
                </details>
              )}
              <Fields fields={first.fields} />
            </div>
          ))}
        </Part>
      )}
    </>
  )
}

type TaskChange = VersionChanges['tasks_changed'][number]

/** Tasks with the same changes are told once. */
function alike(tasks: readonly TaskChange[]): [TaskChange, ...TaskChange[]][] {
  const groups = Map.groupBy(tasks, ({ fields }) => JSON.stringify(fields))
  return [...groups.values()].flatMap(([first, ...rest]) => (first === undefined ? [] : [[first, ...rest]]))
}

function Part({ title, icon, count, children }: { title: string; icon: ReactNode; count: number; children: ReactNode }) {
  return (
    <section className={classes['part']}>
      <h3>
        {icon} {title} <span className={classes['dim']}>{count.toLocaleString('en')}</span>
      </h3>
      {children}
    </section>
  )
}

function Names({ title, names, look }: { title: string; names: readonly string[]; look: 'added' | 'removed' }) {
  if (names.length === 0) return null
  const Icon = look === 'added' ? IconPlus : IconMinus
  return (
    <Part title={title} icon={<Icon size={15} />} count={names.length}>
      <ul className={classes['names']} data-look={look}>
        {names.map((name) => (
          <li key={name}>{name}</li>
        ))}
      </ul>
    </Part>
  )
}

function Fields({ fields }: { fields: readonly FieldChange[] }) {
  return (
    <Table.ScrollContainer minWidth={420} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table fz="sm" verticalSpacing={5} layout="fixed">
        <Table.Thead>
          <Table.Tr>
            <Table.Th w="28%">{text.field}</Table.Th>
            <Table.Th>{text.before}</Table.Th>
            <Table.Th>{text.after}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {fields.flatMap(leafChanges).map(({ field, before, after }) => (
            <Table.Tr key={field}>
              <Table.Td className={classes['field'] ?? ''}>{field}</Table.Td>
              <Table.Td>
                <Value value={before} look="removed" />
              </Table.Td>
              <Table.Td>
                <Value value={after} look="added" />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

function Value({ value, look }: { value: unknown; look: 'added' | 'removed' }) {
  if (value === null) return <span className={classes['dim']}>{strings.details.none}</span>
  return (
    <Code block className={classes['value'] ?? ''} data-look={look}>
      {typeof value === 'string' ? value : JSON.stringify(value, null, 2)}
    </Code>
  )
}
