/** Two texts of one file: what lies in the folder, and what the person has. Nothing is lost without a word. */
import { Button, Group, Text } from '@mantine/core'
import { useState } from 'react'
import { strings } from '../../strings.ts'
import { linesOf } from './textChanges.ts'
import { SideBySide, type DiffHandle } from './SideBySide.tsx'
import type { FileEditing, Theirs } from './useFileEditing.ts'
import classes from './FileEditor.module.css'
import { Dialog } from '../../ui/Dialog.tsx'

interface ConflictDialogProps {
  path: string
  edit: FileEditing
  theirs: Theirs
  onClose: () => void
}

export function ConflictDialog({ path, edit, theirs, onClose }: ConflictDialogProps) {
  const [mine] = useState(() => edit.text())
  const [diff, setDiff] = useState<DiffHandle | null>(null)
  const [isMerged, setMerged] = useState(false)
  const text = strings.conflict
  const merged = () => {
    const now = diff?.text() ?? mine
    return mine.includes('\r\n') ? now.replaceAll('\n', '\r\n') : now
  }
  return (
    <Dialog
      onClose={onClose}
      isDirty={isMerged}
      title={text.title(path)}
      size="min(1400px, 96vw)"
      classNames={{ body: classes['wideBody'] ?? '', content: classes['wide'] ?? '' }}
    >
      <Text size="sm" c="dimmed">
        {theirs.text === null ? text.gone : text.lead}
      </Text>
      <SideBySide
        file={path}
        left={theirs.text ?? ''}
        right={mine}
        leftLabel={text.theirs}
        rightLabel={text.mine}
        isEditable
        onHandle={setDiff}
        onChange={() => {
          setMerged(diff === null || !linesOf(mine).eq(linesOf(diff.text())))
        }}
      />
      <Group justify="flex-end" gap="xs">
        {theirs.text === null ? null : (
          <Button variant="default" color="red" onClick={edit.takeTheirs}>
            {text.takeTheirs}
          </Button>
        )}
        <Button
          loading={edit.isSaving}
          onClick={() => {
            edit.saveOver(isMerged ? merged() : mine)
          }}
        >
          {isMerged ? text.saveMerged : text.keepMine}
        </Button>
      </Group>
    </Dialog>
  )
}
