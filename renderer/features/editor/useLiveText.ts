/** The text as it is typed: what it would define, what is wrong with it, and CodeMirror told of both. */
import { setDiagnostics } from '@codemirror/lint'
import { useEffect, useMemo, useState } from 'react'
import { languageOf } from '../../ui/code/codeLanguages.ts'
import { editing } from './editing.ts'
import { diagnosticsOf, markedProblems, wholeFileProblems, type Problem } from './problems.ts'
import type { FileEditing } from './useFileEditing.ts'
import { usePreview } from './usePreview.ts'

/** `versions`: of the DAGs that the saved file defines; the graph tells what differs from them. */
export function useLiveText(path: string, edit: FileEditing, versions: string) {
  const { typed, view } = edit
  const isPython = languageOf(path) === 'python'
  const [preview, textChanged] = usePreview(path, edit.text)
  const [marked, setMarked] = useState<Problem[]>([])
  const problems = useMemo(() => [...wholeFileProblems(preview.preview), ...marked], [preview.preview, marked])
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
  }, [isPython, textChanged, versions])
  useEffect(() => {
    if (view === null || preview.preview === null) return
    view.dispatch(setDiagnostics(view.state, diagnosticsOf(view.state.doc, preview.preview)))
    setMarked(markedProblems(view.state, preview.preview))
  }, [view, preview.preview])
  return { isPython, preview, problems, extensions }
}

function sameProblems(before: Problem[], now: Problem[]): Problem[] {
  const key = (list: Problem[]) => JSON.stringify(list.map(({ message, from, line }) => [message, from, line]))
  // A traceback that came with the preview stays with its mark.
  const kept = now.map((problem) => ({ ...problem, detail: before.find(({ message }) => message === problem.message)?.detail ?? null }))
  return key(before) === key(kept) ? before : kept
}
