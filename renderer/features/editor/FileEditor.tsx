/** The editor of one file: the text, its problems, the graph of what it would define, saving, versions. */
import { ActionIcon, Alert, Badge, Button, Group, Loader, Menu, Text, Tooltip } from '@mantine/core'
import {
  IconAlertTriangle,
  IconArrowBackUp,
  IconDeviceFloppy,
  IconDots,
  IconGitCompare,
  IconHistory,
  IconPencil,
  IconSitemap,
  IconTrash,
} from '@tabler/icons-react'
import type { EditorView } from '@codemirror/view'
import { setDiagnostics } from '@codemirror/lint'
import { useCallback, useDeferredValue, useEffect, useMemo, useState } from 'react'
import type { DagFileContent } from '#contract/dagFile.ts'
import { useCommands } from '../../commands/index.ts'
import type { EditorChange, EditorSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { confirmAction } from '../../ui/confirm.ts'
import { CodeArea } from '../../ui/code/CodeArea.tsx'
import { languageOf } from '../../ui/code/codeLanguages.ts'
import { Instant } from '../../ui/Instant.tsx'
import { CompareDialog } from './CompareDialog.tsx'
import { ConflictDialog } from './ConflictDialog.tsx'
import { editing } from './editing.ts'
import classes from './FileEditor.module.css'
import { LeaveGuard } from './LeaveGuard.tsx'
import { MoveDialog } from './MoveDialog.tsx'
import { PreviewGraph } from './PreviewGraph.tsx'
import { ProblemList } from './ProblemList.tsx'
import { diagnosticsOf, markedProblems, wholeFileProblems, type Problem } from './problems.ts'
import { placeOfTask } from './textChanges.ts'
import { useFileEditing, versionsText, type FileEditing } from './useFileEditing.ts'
import { usePreview, type PreviewState } from './usePreview.ts'
import { useIsWide } from './useIsWide.ts'
import { useRemoveFile } from './useRemoveFile.ts'

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
  const isPython = languageOf(path) === 'python'
  const [preview, textChanged] = usePreview(path, edit.text)
  const [marked, setMarked] = useState<Problem[]>([])
  const [isConflictOpen, setConflictOpen] = useState(false)
  const [isMoving, setMoving] = useState(false)
  const problems = useMemo(() => [...wholeFileProblems(preview.preview), ...marked], [preview.preview, marked])
  const isWide = useIsWide()
  const showsGraph = isPython && (search.side === undefined ? isWide : search.side === 'graph')
  const showsText = isWide || !showsGraph
  const { typed, view, isDirty } = edit

  const extensions = useMemo(
    () =>
      editing(path, (changed, isText) => {
        if (isText) {
          typed(changed)
          if (isPython) textChanged()
        }
        setMarked((before) => sameProblems(before, markedProblems(changed.state, null)))
      }),
    [path, typed, textChanged, isPython],
  )
  useEffect(() => {
    if (isPython) textChanged('now')
  }, [isPython, textChanged])
  useEffect(() => {
    if (view === null || preview.preview === null) return
    view.dispatch(setDiagnostics(view.state, diagnosticsOf(view.state.doc, preview.preview)))
    setMarked(markedProblems(view.state, preview.preview))
  }, [view, preview.preview])
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
  const goTo = useGoTo(view)
  const goToTask = useCallback(
    (task: string) => {
      const at = view === null ? null : placeOfTask(view.state.doc.toString(), task)
      if (at !== null) goTo(at)
    },
    [view, goTo],
  )

  return (
    <div className={classes['editor']}>
      <Toolbar
        {...{ path, file, edit, preview, search, onChange, isPython, showsGraph }}
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
          <ProblemList problems={problems} onGoTo={goTo} />
        </div>
        {showsGraph ? (
          <div className={classes['pane']} data-side>
            <PreviewGraph good={shownGraph} isStale={preview.preview?.error != null} onTask={goToTask} />
          </div>
        ) : null}
      </div>
      {edit.theirs !== null && isConflictOpen ? (
        <ConflictDialog
          path={path}
          edit={edit}
          theirs={edit.theirs}
          onClose={() => {
            setConflictOpen(false)
          }}
        />
      ) : null}
      {search.compare === undefined || file === null || file.dags[0] === undefined || view === null ? null : (
        <CompareDialog
          path={path}
          dagId={file.dags[0].dag_id}
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
            setMoving(false)
            if (to !== null) onMoved(to)
          }}
        />
      ) : null}
      <LeaveGuard path={path} isDirty={isDirty} isKept={edit.isKept} onDiscard={edit.discard} />
    </div>
  )
}

interface ToolbarProps extends Pick<FileEditorProps, 'path' | 'file' | 'search' | 'onChange' | 'onMoved'> {
  edit: FileEditing
  preview: PreviewState
  isPython: boolean
  showsGraph: boolean
  onSave: () => void
  onMove: () => void
}

function Toolbar({ path, file, edit, preview, onChange, onMoved, isPython, showsGraph, onSave, onMove }: ToolbarProps) {
  const remove = useRemoveFile(path, file?.sha256 ?? null, () => {
    edit.discard()
    onMoved(null)
  })
  const newest = file?.dags[0]?.version
  return (
    <div className={classes['toolbar']}>
      <SaveState file={file} edit={edit} />
      <span className={classes['spacer']} />
      {isPython ? <ReadState state={preview} /> : null}
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
      {isPython ? (
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
    <Text size="sm" c="dimmed" role="status" className="ellipsis" title={words}>
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
  return useCallback(
    (at: number) => {
      if (view === null) return
      view.dispatch({ selection: { anchor: Math.min(at, view.state.doc.length) }, scrollIntoView: true })
      view.focus()
    },
    [view],
  )
}

function sameProblems(before: Problem[], now: Problem[]): Problem[] {
  const key = (list: Problem[]) => JSON.stringify(list.map(({ message, from, line }) => [message, from, line]))
  // A traceback that came with the preview stays with its mark.
  const kept = now.map((problem) => ({ ...problem, detail: before.find(({ message }) => message === problem.message)?.detail ?? null }))
  return key(before) === key(kept) ? before : kept
}
