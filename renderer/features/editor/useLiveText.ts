/** The text as it is typed: what it would define, what is wrong with it, and CodeMirror told of both. */
import { jsonParseLinter } from '@codemirror/lang-json'
import { setDiagnostics, type Diagnostic } from '@codemirror/lint'
import type { EditorView } from '@codemirror/view'
import { useEffect, useMemo, useState } from 'react'
import type { DagFilePreview } from '#contract/dagFile.ts'
import { isDagFileName } from '#contract/dagFileNames.ts'
import { languageOf } from '../../ui/code/codeLanguages.ts'
import { editing } from './editing.ts'
import { diagnosticsOf, markedProblems, syntaxMarks, wholeFileProblems, type Problem } from './problems.ts'
import type { FileEditing } from './useFileEditing.ts'
import { usePreview } from './usePreview.ts'

/** `versions`: of the DAGs that the saved file defines; the graph tells what differs from them. */
export function useLiveText(path: string, edit: FileEditing, versions: string) {
  const { typed, view } = edit
  const isAsked = isDagFileName(path)
  const [preview, textChanged] = usePreview(path, edit.text)
  // Of YAML and JSON only those that say so define DAGs; the others are settings.
  const definesDags = languageOf(path) === 'python' || (preview.lastGood?.dags.length ?? 0) > 0 || preview.preview?.error != null
  const [marked, setMarked] = useState<Problem[]>([])
  const problems = useMemo(() => [...wholeFileProblems(preview.preview), ...marked], [preview.preview, marked])
  const extensions = useMemo(
    () =>
      editing(path, (changed, isText) => {
        if (isText) {
          typed(changed)
          if (isAsked) textChanged()
        }
        setMarked((before) => sameProblems(before, markedProblems(changed.state, null)))
      }),
    [path, typed, textChanged, isAsked],
  )
  useEffect(() => {
    if (isAsked) textChanged('now')
  }, [isAsked, textChanged, versions])
  useEffect(() => {
    if (view === null || preview.preview === null) return
    view.dispatch(setDiagnostics(view.state, marksOf(path, view, preview.preview)))
    setMarked(markedProblems(view.state, preview.preview))
  }, [path, view, preview.preview])
  return { definesDags, preview, problems, extensions }
}

/** What the server found; of a text that holds no DAGs, which it leaves unread, what its grammar says. */
function marksOf(path: string, view: EditorView, preview: DagFilePreview): readonly Diagnostic[] {
  const language = languageOf(path)
  if (language === 'python' || preview.error !== null || preview.dags.length > 0) return diagnosticsOf(view.state.doc, preview)
  return language === 'json' ? jsonParseLinter()(view) : syntaxMarks(view)
}

function sameProblems(before: Problem[], now: Problem[]): Problem[] {
  const key = (list: Problem[]) => JSON.stringify(list.map(({ message, from, line }) => [message, from, line]))
  // A traceback that came with the preview stays with its mark.
  const kept = now.map((problem) => ({ ...problem, detail: before.find(({ message }) => message === problem.message)?.detail ?? null }))
  return key(before) === key(kept) ? before : kept
}
