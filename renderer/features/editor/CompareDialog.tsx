/** The text beside one of the DAG's versions; a version can be restored: its text is saved as the newest one. */
import { ActionIcon, Button, Group, Select, Text, Tooltip } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconRestore } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { dagSourceQuery, dagVersionsQuery } from '../../api/queries.ts'
import { strings } from '../../strings.ts'
import { Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { linesOf } from './textChanges.ts'
import { SideBySide, type DiffHandle } from './SideBySide.tsx'
import type { FileEditing } from './useFileEditing.ts'
import classes from './FileEditor.module.css'
import { Dialog } from '../../ui/Dialog.tsx'

interface CompareDialogProps {
  path: string
  dagId: string
  version: number
  edit: FileEditing
  /** undefined closes it. */
  onVersion: (version: number | undefined) => void
}

export function CompareDialog({ path, dagId, version, edit, onVersion }: CompareDialogProps) {
  const text = strings.compareDialog
  const source = useQuery(dagSourceQuery(dagId, version))
  const versions = useQuery(dagVersionsQuery(dagId)).data?.versions ?? []
  const [diff, setDiff] = useState<DiffHandle | null>(null)
  const [mine] = useState(() => edit.text())
  const isSame = source.data !== undefined && linesOf(source.data.source).eq(linesOf(mine))
  return (
    <Dialog
      onClose={() => {
        onVersion(undefined)
      }}
      title={text.title(path)}
      size="min(1400px, 96vw)"
      classNames={{ body: classes['wideBody'] ?? '', content: classes['wide'] ?? '' }}
    >
      <Group gap="xs">
        <Select
          size="xs"
          w={180}
          aria-label={text.version}
          value={String(version)}
          data={versions.map((each, at) => ({
            value: String(each.version),
            label: at === 0 ? `${strings.dag.version(each.version)} (${strings.code.newest})` : strings.dag.version(each.version),
          }))}
          allowDeselect={false}
          onChange={(value) => {
            if (value !== null) onVersion(Number(value))
          }}
        />
        <Tooltip label={text.previous}>
          <ActionIcon aria-label={text.previous} onClick={diff?.previous} disabled={isSame}>
            <IconArrowUp size={18} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label={text.next}>
          <ActionIcon aria-label={text.next} onClick={diff?.next} disabled={isSame}>
            <IconArrowDown size={18} />
          </ActionIcon>
        </Tooltip>
        {isSame ? (
          <Text size="sm" c="dimmed" role="status">
            {text.same}
          </Text>
        ) : null}
      </Group>
      {source.isError ? (
        <Failed error={source.error} onRetry={() => void source.refetch()} />
      ) : source.data === undefined ? (
        <RowsSkeleton rows={10} height={26} />
      ) : (
        <SideBySide
          file={path}
          left={source.data.source}
          right={mine}
          leftLabel={text.left(version)}
          rightLabel={text.right}
          onHandle={setDiff}
        />
      )}
      <Group justify="flex-end" gap="sm">
        <Text size="xs" c="dimmed">
          {text.restoreHint}
        </Text>
        <Button
          leftSection={<IconRestore size={16} />}
          disabled={source.data === undefined || isSame}
          onClick={() => {
            if (source.data === undefined) return
            onVersion(undefined)
            edit.saveText(source.data.source)
          }}
        >
          {text.restore(version)}
        </Button>
      </Group>
    </Dialog>
  )
}
