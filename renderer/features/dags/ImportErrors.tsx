/** The banner for DAG files that cannot be loaded: file, line, traceback, and which DAGs go on with their last good version. */
import { Accordion, Alert, Button, Code, Text } from '@mantine/core'
import { IconFileAlert } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { importErrorsQuery } from '../../api/queries.ts'
import { strings } from '../../strings.ts'

export function ImportErrors({ isOpen, onToggle }: { isOpen: boolean; onToggle: () => void }) {
  const { data } = useQuery(importErrorsQuery)
  if (!data || data.total === 0) return null
  return (
    <Alert
      mx={{ base: 14, sm: 24 }}
      mt="sm"
      p="xs"
      color="red"
      icon={<IconFileAlert size={18} />}
      styles={{ wrapper: { alignItems: 'flex-start' }, body: { minWidth: 0 }, icon: { marginTop: 4 } }}
    >
      <div style={{ display: 'flex', justifyContent: 'space-between', alignItems: 'center', gap: 12 }}>
        <Text size="sm" fw={550}>
          {strings.dags.failedFiles(data.total)}
        </Text>
        <Button size="compact-xs" variant="subtle" color="red" onClick={onToggle} aria-expanded={isOpen}>
          {isOpen ? strings.dags.hideErrors : strings.dags.showErrors}
        </Button>
      </div>
      {isOpen ? (
        <div style={{ maxHeight: '45vh', overflow: 'auto', marginTop: 6 }}>
          <Accordion
            variant="separated"
            multiple
            // A few are read at once; many are a list to choose from.
            defaultValue={data.data.length <= 2 ? data.data.map(({ file }) => file) : []}
            styles={{ label: { paddingBlock: 8 }, chevron: { marginInlineStart: 12 }, content: { paddingTop: 0 } }}
          >
            {data.data.map((error) => (
              <Accordion.Item key={error.file} value={error.file}>
                <Accordion.Control>
                  <Text size="sm" fw={550} style={{ overflowWrap: 'anywhere' }}>
                    {error.file}
                    {error.line === null ? '' : `, ${strings.dags.line(error.line)}`}
                  </Text>
                  <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                    {error.message}
                  </Text>
                </Accordion.Control>
                <Accordion.Panel>
                  <Code block style={{ maxHeight: 320, overflow: 'auto', fontFamily: 'var(--mono)' }}>
                    {error.traceback}
                  </Code>
                  {error.dag_ids.length > 0 ? (
                    <Text size="xs" mt={6}>
                      {strings.dags.keeps(error.dag_ids.join(', '))}
                    </Text>
                  ) : null}
                </Accordion.Panel>
              </Accordion.Item>
            ))}
          </Accordion>
        </div>
      ) : null}
    </Alert>
  )
}
