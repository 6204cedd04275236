/** Two texts side by side with their differences; in a narrow window one below the other, as marks in the right one. */
import { goToNextChunk, goToPreviousChunk, MergeView, unifiedMergeView } from '@codemirror/merge'
import { Compartment, EditorState, type Extension } from '@codemirror/state'
import { EditorView, keymap } from '@codemirror/view'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { useMediaQuery } from '@mantine/hooks'
import { useEffect, useRef } from 'react'
import { codeBase, READ_ONLY } from '../../ui/code/CodeArea.tsx'
import { languageOf, loadLanguage } from '../../ui/code/codeLanguages.ts'
import { strings } from '../../strings.ts'
import classes from './SideBySide.module.css'

export interface DiffHandle {
  next: () => void
  previous: () => void
  /** Of the right side. */
  text: () => string
}
interface SideBySideProps {
  file: string
  left: string
  right: string
  leftLabel: string
  rightLabel: string
  /** The right side may be typed in, and takes changes of the left one over. */
  isEditable?: boolean
  onHandle: (handle: DiffHandle | null) => void
  onChange?: () => void
}

const MARGIN = { margin: 4, minSize: 8 }

export function SideBySide({ file, left, right, leftLabel, rightLabel, isEditable = false, onHandle, onChange }: SideBySideProps) {
  const box = useRef<HTMLDivElement>(null)
  const isNarrow = useMediaQuery('(max-width: 860px)', false, { getInitialValueInEffect: false })
  const changed = useRef(onChange)
  useEffect(() => {
    changed.current = onChange
  })
  useEffect(() => {
    if (box.current === null) return undefined
    const language = new Compartment()
    const own: Extension = isEditable
      ? [
          history(),
          keymap.of([...defaultKeymap, ...historyKeymap]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) changed.current?.()
          }),
        ]
      : READ_ONLY
    const sides = (label: string, more: Extension): Extension => [codeBase(label), language.of([]), more]
    const merge = isNarrow
      ? new EditorView({
          parent: box.current,
          state: EditorState.create({
            doc: right,
            extensions: [
              sides(rightLabel, own),
              unifiedMergeView({
                original: left,
                mergeControls: isEditable ? chunkButton : false,
                collapseUnchanged: MARGIN,
                gutter: true,
              }),
            ],
          }),
        })
      : new MergeView({
          parent: box.current,
          a: { doc: left, extensions: sides(leftLabel, READ_ONLY) },
          b: { doc: right, extensions: sides(rightLabel, own) },
          gutter: true,
          collapseUnchanged: MARGIN,
          ...(isEditable ? { revertControls: 'a-to-b' as const } : {}),
        })
    const views = merge instanceof MergeView ? [merge.a, merge.b] : [merge]
    const shown = views.at(-1)
    let isThere = true
    void loadLanguage(languageOf(file)).then((found) => {
      if (isThere && found !== null) for (const view of views) view.dispatch({ effects: language.reconfigure(found) })
    })
    if (shown)
      onHandle({ next: () => goToNextChunk(shown), previous: () => goToPreviousChunk(shown), text: () => shown.state.doc.toString() })
    return () => {
      isThere = false
      onHandle(null)
      merge.destroy()
    }
  }, [file, left, right, leftLabel, rightLabel, isEditable, isNarrow, onHandle])
  return (
    <div className={classes['frame']}>
      {isNarrow ? null : (
        <div className={classes['heads']}>
          <span>{leftLabel}</span>
          <span>{rightLabel}</span>
        </div>
      )}
      <div ref={box} className={classes['box']} />
    </div>
  )
}

/** For each difference: take theirs, or leave mine as it is. */
function chunkButton(kind: 'accept' | 'reject', action: (event: MouseEvent) => void): HTMLElement {
  const button = document.createElement('button')
  button.type = 'button'
  button.textContent = kind === 'accept' ? strings.conflict.leaveChunk : strings.conflict.takeChunk
  button.addEventListener('mousedown', action)
  return button
}
