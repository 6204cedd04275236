/** The editor of one file: the text, its problems, the graph of what it would define, saving, versions. */
import { Alert, Button, Group } from '@mantine/core'
import { IconAlertTriangle, IconHistory } from '@tabler/icons-react'
import type { EditorView } from '@codemirror/view'
import { useCallback, useDeferredValue, useEffect, useState } from 'react'
import type { DagFileContent } from '#contract/dagFile.ts'
import { useCommands } from '../../commands/index.ts'
import type { EditorChange, EditorSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { CodeArea } from '../../ui/code/CodeArea.tsx'
import { Instant } from '../../ui/Instant.tsx'
import { CompareDialog } from './CompareDialog.tsx'
import { ConflictDialog } from './ConflictDialog.tsx'
import { EditorToolbar } from './EditorToolbar.tsx'
import classes from './FileEditor.module.css'
import { LeaveGuard } from './LeaveGuard.tsx'
import { MoveDialog } from './MoveDialog.tsx'
import { PreviewGraph } from './PreviewGraph.tsx'
import { ProblemList } from './ProblemList.tsx'
import { placeOfTask } from './textChanges.ts'
import { useFileEditing, type FileEditing } from './useFileEditing.ts'
import { useIsWide } from './useIsWide.ts'
import { useLiveText } from './useLiveText.ts'

interface FileEditorProps {
  path: string
  /** null = it does not exist yet. */
  file: DagFileContent | null
  /** It was there, and is not any more. */
  isGone?: boolean
  template?: string
  search: EditorSearch
  onChange: (change: EditorChange) => void
  /** Called after the file got another path, or none. */
  onMoved: (path: string | null) => void
}

export function FileEditor({ path, file, isGone = false, template = '', search, onChange, onMoved }: FileEditorProps) {
  const edit = useFileEditing({ path, file, isGone, template })
  const versions = file?.dags.map(({ dag_id, version }) => `${dag_id} ${version}`).join(' ') ?? ''
  const { definesDags, preview, problems, extensions } = useLiveText(path, edit, versions)
  const [isConflictOpen, setConflictOpen] = useState(false)
  const [isMoving, setMoving] = useState(false)
  const isWide = useIsWide()
  const showsGraph = definesDags && (search.side === undefined ? isWide : search.side === 'graph')
  const showsText = isWide || !showsGraph
  const hasConflict = edit.theirs !== null
  useEffect(() => {
    if (!hasConflict) setConflictOpen(false)
  }, [hasConflict])
  const save = () => {
    if (edit.isSaving) return
    if (hasConflict) setConflictOpen(true)
    else edit.save()
  }
  useCommands([{ id: 'editor-save', title: strings.editor.save, group: 'act', keys: ['mod+s'], run: save }])
  // A graph of thousands is drawn when no key waits.
  const shownGraph = useDeferredValue(preview.lastGood)
  const { goTo, goToTask } = useGoTo(edit.view)

  return (
    <div className={classes['editor']}>
      <EditorToolbar
        {...{ path, file, edit, preview, onChange, definesDags, showsGraph }}
        onSave={save}
        onMove={() => {
          setMoving(true)
        }}
        onMoved={onMoved}
      />
      <Banners
        path={path}
        edit={edit}
        onReview={() => {
          setConflictOpen(true)
        }}
      />
      <div className={classes['panes']} data-two={(showsGraph && isWide) || undefined}>
        <div className={classes['pane']} hidden={!showsText}>
          <CodeArea
            initial={edit.start.text}
            file={path}
            label={strings.editor.label(path)}
            extensions={extensions}
            onView={edit.setView}
          />
          <ProblemList problems={problems} isUnread={definesDags && preview.preview === null && preview.failure === null} onGoTo={goTo} />
        </div>
        {showsGraph ? (
          <div className={classes['pane']} data-side>
            <PreviewGraph good={shownGraph} isStale={preview.preview?.error != null} onTask={goToTask} />
          </div>
        ) : null}
      </div>
      <Dialogs
        {...{ path, file, edit, search, onChange, onMoved, isConflictOpen, isMoving }}
        onConflictClose={() => {
          setConflictOpen(false)
        }}
        onMoveClose={() => {
          setMoving(false)
        }}
      />
      <LeaveGuard path={path} isDirty={edit.isDirty} keepNow={edit.keepNow} onDiscard={edit.discard} />
    </div>
  )
}

interface DialogsProps extends Pick<FileEditorProps, 'path' | 'file' | 'search' | 'onChange' | 'onMoved'> {
  edit: FileEditing
  isConflictOpen: boolean
  isMoving: boolean
  onConflictClose: () => void
  onMoveClose: () => void
}

function Dialogs({ path, file, edit, search, onChange, onMoved, isConflictOpen, isMoving, onConflictClose, onMoveClose }: DialogsProps) {
  const dag = file?.dags[0]
  return (
    <>
      {edit.theirs !== null && isConflictOpen ? (
        <ConflictDialog path={path} edit={edit} theirs={edit.theirs} onClose={onConflictClose} />
      ) : null}
      {search.compare === undefined || dag === undefined || edit.view === null ? null : (
        <CompareDialog
          path={path}
          dagId={dag.dag_id}
          version={search.compare}
          edit={edit}
          onVersion={(compare) => {
            onChange({ compare })
          }}
        />
      )}
      {isMoving && file !== null ? (
        <MoveDialog
          path={path}
          sha256={file.sha256}
          onClose={(to) => {
            onMoveClose()
            if (to !== null) onMoved(to)
          }}
        />
      ) : null}
    </>
  )
}

function Banners({ path, edit, onReview }: { path: string; edit: FileEditing; onReview: () => void }) {
  return (
    <>
      {edit.theirs === null ? null : (
        <Alert color="red" p="xs" className={classes['banner'] ?? ''} icon={<IconAlertTriangle size={18} />} role="alert">
          <Group gap="sm" justify="space-between">
            {edit.theirs.text === null ? strings.conflict.bannerGone(path) : strings.conflict.banner(path)}
            <Button size="compact-sm" variant="default" onClick={onReview}>
              {strings.conflict.review}
            </Button>
          </Group>
        </Alert>
      )}
      {edit.draftAt === null || edit.theirs !== null ? null : (
        <Alert color="blue" p="xs" className={classes['banner'] ?? ''} icon={<IconHistory size={18} />}>
          <Group gap="sm" justify="space-between">
            <span>
              {strings.editor.draft} (<Instant at={new Date(edit.draftAt).toISOString()} relative />)
            </span>
            <Button size="compact-sm" variant="default" onClick={edit.discard}>
              {strings.editor.discardDraft}
            </Button>
          </Group>
        </Alert>
      )}
    </>
  )
}

function useGoTo(view: EditorView | null) {
  const goTo = useCallback(
    (at: number) => {
      if (view === null) return
      view.dispatch({ selection: { anchor: Math.min(at, view.state.doc.length) }, scrollIntoView: true })
      view.focus()
    },
    [view],
  )
  const goToTask = useCallback(
    (task: string) => {
      const at = view === null ? null : placeOfTask(view.state.doc.toString(), task)
      if (at !== null) goTo(at)
    },
    [view, goTo],
  )
  return { goTo, goToTask }
}
