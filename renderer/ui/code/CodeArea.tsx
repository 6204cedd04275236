/**
 * CodeMirror as a component. The text lives in CodeMirror, not in React: a key press renders nothing. A new `file` or `initial` text
 * makes a new editor; whoever edits keeps both as they were and reaches the text through `onView`.
 */
import { Compartment, EditorState, type Extension } from '@codemirror/state'
import { EditorView, lineNumbers } from '@codemirror/view'
import { useEffect, useRef } from 'react'
import classes from './CodeArea.module.css'
import { languageOf, loadLanguage } from './codeLanguages.ts'
import { codeTheme } from './codeTheme.ts'

interface CodeAreaProps {
  initial: string
  /** Its ending says the language. */
  file: string
  label: string
  /** Beside numbers, colours and language; must be the same object for one editor. */
  extensions?: Extension
  onView?: (view: EditorView | null) => void
}

export function CodeArea({ initial, file, label, extensions, onView }: CodeAreaProps) {
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (box.current === null) return undefined
    const language = new Compartment()
    const view = new EditorView({
      parent: box.current,
      state: EditorState.create({ doc: initial, extensions: [codeBase(label), language.of([]), extensions ?? []] }),
    })
    let isThere = true
    void loadLanguage(languageOf(file)).then((found) => {
      if (isThere && found !== null) view.dispatch({ effects: language.reconfigure(found) })
    })
    onView?.(view)
    return () => {
      isThere = false
      onView?.(null)
      view.destroy()
    }
  }, [initial, file, label, extensions, onView])
  return <div ref={box} className={classes['box']} />
}

/** What every text area of code has. */
export function codeBase(label: string): Extension {
  return [codeTheme, lineNumbers(), EditorState.tabSize.of(4), EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' })]
}

/** Text that can be selected, searched and copied, and not changed. */
export const READ_ONLY: Extension = [EditorState.readOnly.of(true), EditorView.editable.of(false)]
