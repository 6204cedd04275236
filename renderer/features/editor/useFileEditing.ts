/**
 * One file being edited: the text in CodeMirror, the saved text that it is based on, and what happens to the file meanwhile.
 *
 * States: clean -> dirty (typed) -> saving -> clean; dirty -> conflict (the file changed elsewhere, or the save was refused) -> dirty,
 * based on what is there now.
 * Invariants: a save names the text that it is based on, so nothing that the person has not seen is written over. What is not saved
 * is kept as a draft. A file that changes elsewhere while the text is clean is shown at once.
 */
import type { EditorView } from '@codemirror/view'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { DagFileContent } from '#contract/dagFile.ts'
import { VortexError } from '#contract/errors.ts'
import { api } from '../../api/client.ts'
import { dagFileQuery } from '../../api/queries/dagFiles.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { strings } from '../../strings.ts'
import { tell, tellError } from '../../ui/act.ts'
import { useMe } from '../session/index.ts'
import { readDraft } from './drafts.ts'
import { linesOf, replaceText, textOf } from './textChanges.ts'
import { useDraft, type Base } from './useDraft.ts'

/** What lies in the DAG folder now, instead of the text that is edited; null = nothing. */
export interface Theirs {
  sha256: string | null
  text: string | null
}

/** The first text of an editor: a draft wins over the file. */
export function startOf(username: string, path: string, file: DagFileContent | null, template: string) {
  const saved: Base = { sha256: file?.sha256 ?? null, text: file?.text ?? (template === '' ? '' : null) }
  const draft = readDraft({ username, path })
  if (draft === null || draft.text === file?.text) return { text: file?.text ?? template, base: saved, draftAt: null }
  return { text: draft.text, base: draft.base === saved.sha256 ? saved : { sha256: draft.base, text: null }, draftAt: draft.at }
}

interface Edited {
  path: string
  /** null = it does not exist yet. */
  file: DagFileContent | null
  /** It was there, and is not any more. */
  isGone: boolean
  template: string
}

export function useFileEditing({ path, file, isGone, template }: Edited) {
  const client = useQueryClient()
  const username = useMe()?.username ?? ''
  const [start] = useState(() => startOf(username, path, file, template))
  const base = useRef<Base>(start.base)
  const baseLines = useRef(start.base.text === null ? null : linesOf(start.base.text))
  const [view, setView] = useState<EditorView | null>(null)
  const [isDirty, setDirty] = useState(start.base.text === null || start.text !== start.base.text)
  const [theirs, setTheirs] = useState<Theirs | null>(null)
  const [draftAt, setDraftAt] = useState(start.draftAt)
  const [justSaved, setJustSaved] = useState<string | null>(null)
  const { keepSoon, keepNow, drop } = useDraft(username, path, base)

  const text = useCallback(() => (view === null ? start.text : textOf(view.state, base.current.text ?? start.text)), [view, start])
  const rebase = useCallback(
    (next: Base, shown: string | null) => {
      base.current = next
      baseLines.current = next.text === null ? null : linesOf(next.text)
      if (shown !== null && view !== null) replaceText(view, shown)
      const dirty = view === null || baseLines.current === null || !view.state.doc.eq(baseLines.current)
      setDirty(dirty)
      setTheirs(null)
      if (dirty) return
      drop()
      setDraftAt(null)
    },
    [drop, view],
  )
  /** Called with each change of the text. */
  const typed = useCallback(
    (changed: EditorView) => {
      const lines = baseLines.current
      setDirty(lines === null || !changed.state.doc.eq(lines))
      keepSoon(changed)
    },
    [keepSoon],
  )

  const save = useMutation({
    mutationFn: (p: { text: string; expected_hash: string | null }) => api.saveDagFile({ body: { path, ...p } }),
    onSuccess: (saved, p) => {
      // Before the file is read again, so that the old text is never taken for somebody else's change.
      client.setQueryData(dagFileQuery(path).queryKey, (known) =>
        known ? { ...known, text: p.text, sha256: saved.sha256, reading: 'waiting' as const } : known,
      )
      rebase({ sha256: saved.sha256, text: p.text }, null)
      if (saved.change === 'unchanged') tell(strings.editor.unchanged)
      else setJustSaved(saved.sha256)
      void client.invalidateQueries({ queryKey: queryKeys.dagFiles })
    },
    onError: (error) => {
      const found = conflictOf(error)
      if (found === null) tellError(error)
      else setTheirs(found)
    },
  })
  const { mutate } = save
  const saveText = useCallback(
    (next: string, over: string | null) => {
      if (view !== null && next !== textOf(view.state, base.current.text ?? next)) replaceText(view, next)
      mutate({ text: next, expected_hash: over })
    },
    [mutate, view],
  )

  // What lies in the folder now, told by events and by coming back to the window.
  useEffect(() => {
    if (view === null || save.isPending || file === null) return
    if (isGone) {
      if (base.current.sha256 !== null) setTheirs({ sha256: null, text: null })
      return
    }
    if (file.sha256 === base.current.sha256) return
    const isSame = linesOf(file.text).eq(view.state.doc)
    const isClean = baseLines.current !== null && view.state.doc.eq(baseLines.current)
    if (isSame || isClean) {
      rebase({ sha256: file.sha256, text: file.text }, file.text)
      if (!isSame) tell(strings.editor.reloaded(path))
    } else setTheirs({ sha256: file.sha256, text: file.text })
  }, [file, isGone, view, save.isPending, rebase, path])

  useSavedNotice(file, justSaved, () => {
    setJustSaved(null)
  })
  return useMemo(
    () => ({
      start,
      view,
      setView,
      text,
      typed,
      isDirty,
      isSaving: save.isPending,
      isWaiting: justSaved !== null,
      theirs,
      draftAt,
      /** Keeps the draft; false = it could not be, so leaving the page loses it. */
      keepNow,
      save: () => {
        saveText(text(), base.current.sha256)
      },
      saveText: (next: string) => {
        saveText(next, base.current.sha256)
      },
      /** The person has seen theirs: their own, or the merged text, may take its place. */
      saveOver: (next: string) => {
        if (theirs !== null) saveText(next, theirs.sha256)
      },
      takeTheirs: () => {
        if (theirs !== null) rebase({ sha256: theirs.sha256, text: theirs.text ?? '' }, theirs.text ?? '')
      },
      /** Back to the saved text. */
      discard: () => {
        rebase({ sha256: file?.sha256 ?? null, text: file?.text ?? '' }, file?.text ?? '')
      },
    }),
    [start, view, text, typed, isDirty, save.isPending, justSaved, theirs, draftAt, keepNow, saveText, rebase, file],
  )
}
export type FileEditing = ReturnType<typeof useFileEditing>

function conflictOf(error: unknown): Theirs | null {
  if (!(error instanceof VortexError) || error.code !== 'conflict') return null
  const details = error.details as Theirs | null
  return details === null || !('sha256' in details) ? null : { sha256: details.sha256, text: details.text }
}

/** Once the saved text has been read for DAGs, says what became of it. */
function useSavedNotice(file: DagFileContent | null, saved: string | null, done: () => void): void {
  useEffect(() => {
    if (saved === null || file?.sha256 !== saved || file.reading === 'waiting') return
    if (file.import_error !== null && !file.dags.some((dag) => dag.is_current)) tellError(new Error(strings.editor.savedFails))
    else if (file.dags.length === 0) tell(strings.editor.savedNoDag)
    else tell(strings.editor.savedAs(versionsText(file.dags)))
    done()
  }, [file, saved, done])
}

/** The first DAGs with their versions, as words. */
export function versionsText(dags: DagFileContent['dags']): string {
  const shown = dags.slice(0, 2).map((dag) => strings.editor.versionOf(dag.dag_id, dag.version))
  return dags.length > 2 ? `${shown.join(', ')}, ${strings.files.moreDags(dags.length - 2)}` : shown.join(', ')
}
