/** Above the text: whether it is saved, how its reading went, and what can be done with the file. */
import { ActionIcon, Badge, Button, Loader, Menu, Text, Tooltip } from '@mantine/core'
import {
  IconArrowBackUp,
  IconDeviceFloppy,
  IconDots,
  IconGitCompare,
  IconHistory,
  IconPencil,
  IconSitemap,
  IconTrash,
} from '@tabler/icons-react'
import type { DagFileContent } from '#contract/dagFile.ts'
import type { EditorChange } from '../../search.ts'
import { strings } from '../../strings.ts'
import { confirmAction } from '../../ui/confirm.ts'
import classes from './FileEditor.module.css'
import { versionsText, type FileEditing } from './useFileEditing.ts'
import type { PreviewState } from './usePreview.ts'
import { useRemoveFile } from './useRemoveFile.ts'

interface ToolbarProps {
  path: string
  file: DagFileContent | null
  onChange: (change: EditorChange) => void
  onMoved: (path: string | null) => void
  edit: FileEditing
  preview: PreviewState
  definesDags: boolean
  showsGraph: boolean
  onSave: () => void
  onMove: () => void
}

export function EditorToolbar({ path, file, edit, preview, onChange, onMoved, definesDags, showsGraph, onSave, onMove }: ToolbarProps) {
  const remove = useRemoveFile(path, file?.sha256 ?? null, () => {
    edit.discard()
    onMoved(null)
  })
  const newest = file?.dags[0]?.version
  return (
    <div className={classes['toolbar']}>
      <SaveState file={file} edit={edit} />
      <span className={classes['spacer']} />
      {definesDags ? <ReadState state={preview} /> : null}
      {newest === undefined ? null : (
        <Tooltip label={strings.editor.compareWith(newest)}>
          <Button
            size="xs"
            variant="default"
            aria-label={strings.editor.compare}
            onClick={() => {
              onChange({ compare: newest })
            }}
          >
            <IconGitCompare size={15} aria-hidden />
            <Text span inherit visibleFrom="sm" ml={6}>
              {strings.editor.compare}
            </Text>
          </Button>
        </Tooltip>
      )}
      {definesDags ? (
        <Tooltip label={strings.editor.graph}>
          <ActionIcon
            size="md"
            variant={showsGraph ? 'light' : 'subtle'}
            aria-label={strings.editor.graph}
            aria-pressed={showsGraph}
            onClick={() => {
              onChange({ side: showsGraph ? 'none' : 'graph' })
            }}
          >
            <IconSitemap size={18} />
          </ActionIcon>
        </Tooltip>
      ) : null}
      <Button
        size="xs"
        leftSection={<IconDeviceFloppy size={15} />}
        loading={edit.isSaving}
        disabled={!edit.isDirty && file !== null}
        onClick={onSave}
      >
        {strings.editor.save}
      </Button>
      <Menu>
        <Menu.Target>
          <ActionIcon size="md" aria-label={strings.editor.more}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconArrowBackUp size={16} />}
            disabled={!edit.isDirty || file === null}
            onClick={() => {
              const { discard, discardText } = strings.editor
              confirmAction({ title: discard, text: discardText(path), confirm: discard, danger: true, onConfirm: edit.discard })
            }}
          >
            {strings.editor.discard}
          </Menu.Item>
          <Menu.Item leftSection={<IconPencil size={16} />} disabled={file === null || edit.isDirty} onClick={onMove}>
            {strings.editor.rename}
          </Menu.Item>
          <Menu.Item color="red" leftSection={<IconTrash size={16} />} disabled={file === null} onClick={remove}>
            {strings.editor.remove}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  )
}

/** Never by colour alone: the words say it. */
function SaveState({ file, edit }: { file: DagFileContent | null; edit: FileEditing }) {
  if (edit.isDirty || file === null)
    return (
      <Badge size="lg" color="yellow" variant="dot" tt="none" fw={500} role="status" className={classes['state'] ?? ''}>
        {file === null ? strings.editor.newFile : strings.editor.unsaved}
      </Badge>
    )
  const isReading = file.reading === 'waiting' || edit.isWaiting
  const words = isReading ? strings.editor.reading : file.dags.length === 0 ? strings.editor.saved : versionsText(file.dags)
  return (
    <Text size="sm" c="dimmed" role="status" className={`ellipsis ${isReading ? '' : classes['saved']}`} title={words}>
      {isReading ? <Loader size={12} mr={6} /> : <IconHistory size={14} className={classes['icon'] ?? ''} aria-hidden />}
      {words}
    </Text>
  )
}

function ReadState({ state }: { state: PreviewState }) {
  const { editor } = strings
  const words = state.isAsking
    ? editor.checking
    : state.failure !== null
      ? editor.checkFailed
      : state.preview === null
        ? ''
        : editor.checked(state.preview.duration_ms)
  return (
    <Text size="xs" c="dimmed" className={`tabular ${classes['readState']}`} title={state.failure ?? ''} role="status">
      {words}
    </Text>
  )
}
