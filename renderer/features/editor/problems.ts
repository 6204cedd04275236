/** What is wrong with the text, as marks in it and as a list. */
import { forEachDiagnostic, type Diagnostic } from '@codemirror/lint'
import { syntaxTree } from '@codemirror/language'
import type { EditorState, Text } from '@codemirror/state'
import type { EditorView } from '@codemirror/view'
import type { DagFilePreview } from '#contract/dagFile.ts'
import { strings } from '../../strings.ts'

export interface Problem {
  severity: 'error' | 'warning'
  message: string
  /** null = of the file as a whole. */
  line: number | null
  /** Position in the text, if it has one. */
  from: number | null
  detail: string | null
}

/** Syntax marks of a document that is not Python; more help nobody. */
const MARKS_MAX = 50

/** Where the problems of a preview are marked: the word at the column, else the line. */
export function diagnosticsOf(doc: Text, preview: DagFilePreview): Diagnostic[] {
  const { error } = preview
  if (error?.line == null) return []
  const places = error.problems.length > 0 ? error.problems : [{ line: error.line, column: error.column, message: error.message }]
  return places.map((place) => markAt(doc, place))
}

function markAt(doc: Text, place: { line: number; column: number | null; message: string }): Diagnostic {
  const line = doc.line(Math.min(Math.max(1, place.line), doc.lines))
  const indent = line.text.length - line.text.trimStart().length
  const start = place.column === null ? indent : Math.min(place.column - 1, line.length)
  const word = /^"[^"]*"|^'[^']*'|^\w+|^[^\w\s]+/.exec(line.text.slice(start))?.[0].length ?? 1
  const from = Math.min(line.from + start, line.to)
  const to = place.column === null ? line.to : Math.min(from + word, line.to)
  // An empty mark would be invisible: the sign before it is marked instead.
  return { from: to > from ? from : Math.max(line.from, from - 1), to, severity: 'error', message: place.message }
}

/** Problems of a preview that no mark in the text stands for. */
export function wholeFileProblems(preview: DagFilePreview | null): Problem[] {
  if (preview === null) return []
  const { error } = preview
  const clashes = preview.dags.flatMap((dag): Problem[] =>
    dag.other_file === null
      ? []
      : [{ severity: 'error', message: strings.editor.elsewhere(dag.dag_id, dag.other_file), line: null, from: null, detail: null }],
  )
  if (error === null || error.line !== null) return clashes
  return [{ severity: 'error', message: error.message, line: null, from: null, detail: error.traceback || null }, ...clashes]
}

/** Marks in the text as they stand after what was typed since. */
export function markedProblems(state: EditorState, preview: DagFilePreview | null): Problem[] {
  const found: Problem[] = []
  forEachDiagnostic(state, (mark, from) => {
    const isPreview = preview?.error?.message === mark.message && preview.error.problems.length === 0
    found.push({
      severity: mark.severity === 'warning' ? 'warning' : 'error',
      message: mark.message,
      line: state.doc.lineAt(from).number,
      from,
      detail: isPreview ? preview.error?.traceback || null : null,
    })
  })
  return found
}

/** Where the grammar of a document stumbles; for documents that no server reads. */
export function syntaxMarks(view: EditorView): Diagnostic[] {
  const marks: Diagnostic[] = []
  syntaxTree(view.state).iterate({
    enter: (node) => {
      if (!node.type.isError || marks.length >= MARKS_MAX) return
      const line = view.state.doc.lineAt(node.from)
      const from = Math.min(node.from, Math.max(line.from, line.to - 1))
      marks.push({ from, to: Math.min(Math.max(node.to, from + 1), line.to), severity: 'error', message: 'This is not expected here.' })
    },
  })
  return marks
}
