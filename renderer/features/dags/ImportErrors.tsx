/** DAG files that cannot be loaded: a line above the list, and a drawer with file, line, traceback and the DAGs that go on without it. */
import { Accordion, Alert, Button, Code, CopyButton, Group, Text } from '@mantine/core'
import { IconFileAlert } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { ImportError } from '#contract/dag.ts'
import { importErrorListQuery } from '../../api/queries/home.ts'
import { importErrorsQuery } from '../../api/queries.ts'
import { strings } from '../../strings.ts'
import { Instant } from '../../ui/Instant.tsx'
import { Empty, Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { SearchField } from '../../ui/SearchField.tsx'
import { Dialog } from '../../ui/Dialog.tsx'

const text = strings.dags
/** A few are read at once; many are a list to choose from. */
const OPEN_AT_ONCE = 2

export function ImportErrors({ isOpen, onToggle }: { isOpen: boolean; onToggle: () => void }) {
  const { data } = useQuery(importErrorsQuery)
  return (
    <>
      {data && data.total > 0 ? (
        <Alert mx={{ base: 14, sm: 24 }} mt="sm" p="xs" color="red" icon={<IconFileAlert size={18} />}>
          <Group justify="space-between" gap="sm" wrap="nowrap">
            <Text size="sm" fw={550}>
              {text.failedFiles(data.total)}
            </Text>
            <Button size="compact-xs" variant="subtle" color="red" onClick={onToggle} aria-expanded={isOpen}>
              {text.showErrors}
            </Button>
          </Group>
        </Alert>
      ) : null}
      {isOpen ? (
        <Dialog onClose={onToggle} isDrawer size="xl" title={text.errorsTitle}>
          <ErrorList />
        </Dialog>
      ) : null}
    </>
  )
}

function ErrorList() {
  const [search, setSearch] = useState('')
  const list = useInfiniteQuery(importErrorListQuery(search))
  const errors = list.data?.pages.flatMap((page) => page.data) ?? []
  const total = list.data?.pages[0]?.total ?? 0
  if (list.isPending) return <RowsSkeleton />
  if (list.isError && !list.data) return <Failed error={list.error} onRetry={() => void list.refetch()} />
  return (
    <>
      <Text size="sm" c="dimmed" mb="sm">
        {text.errorsLead}
      </Text>
      <Group justify="space-between" mb="sm">
        <SearchField label={text.errorsSearch} value={search} onCommit={setSearch} />
        <Text size="sm" c="dimmed" role="status">
          {text.failedFiles(total)}
        </Text>
      </Group>
      {errors.length === 0 ? (
        <Empty title={search === '' ? text.errorsGone : text.errorsNone} icon={IconFileAlert} />
      ) : (
        <Accordion
          key={errors.length <= OPEN_AT_ONCE ? 'few' : 'many'}
          variant="separated"
          multiple
          defaultValue={errors.length <= OPEN_AT_ONCE ? errors.map(({ file }) => file) : []}
          styles={{ label: { paddingBlock: 8 }, chevron: { marginInlineStart: 12 }, content: { paddingTop: 0 } }}
        >
          {errors.map((error) => (
            <ErrorItem key={error.file} error={error} />
          ))}
        </Accordion>
      )}
      {list.hasNextPage ? (
        <Group justify="center" mt="sm">
          <Button variant="default" size="xs" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {strings.common.loadMore} ({strings.common.of(errors.length, total)})
          </Button>
        </Group>
      ) : null}
    </>
  )
}

function ErrorItem({ error }: { error: ImportError }) {
  return (
    <Accordion.Item value={error.file}>
      <Accordion.Control>
        <Text size="sm" fw={550} style={{ overflowWrap: 'anywhere' }}>
          {error.file}
          {error.line === null ? '' : `, ${text.line(error.line)}`}
        </Text>
        <Text size="xs" c="dimmed" lineClamp={3} style={{ overflowWrap: 'anywhere' }}>
          {error.message}
        </Text>
      </Accordion.Control>
      <Accordion.Panel>
        <Group justify="space-between" mb={6} gap="xs">
          <Text size="xs" c="dimmed" component="span">
            {text.errorAt} <Instant at={error.at} />
          </Text>
          <Group gap={6}>
            <Button
              size="compact-xs"
              variant="default"
              renderRoot={(props) => <Link to="/files/$" params={{ _splat: error.file }} {...props} />}
            >
              {text.openFile}
            </Button>
            <CopyButton value={error.traceback}>
              {({ copied, copy }) => (
                <Button size="compact-xs" variant="default" onClick={copy}>
                  {copied ? text.copied : text.copyTraceback}
                </Button>
              )}
            </CopyButton>
          </Group>
        </Group>
        <Code block tabIndex={0} style={{ maxHeight: 380, overflow: 'auto', fontFamily: 'var(--mono)' }}>
          {error.traceback}
        </Code>
        {error.dag_ids.length > 0 ? (
          <Text size="xs" mt={8} style={{ overflowWrap: 'anywhere' }}>
            {text.keeps('')}
            {error.dag_ids.map((id, at) => (
              <span key={id}>
                {at > 0 ? ', ' : ''}
                <Link to="/dags/$dagId" params={{ dagId: id }}>
                  {id}
                </Link>
              </span>
            ))}
          </Text>
        ) : null}
      </Accordion.Panel>
    </Accordion.Item>
  )
}
