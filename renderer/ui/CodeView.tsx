/** Source code that is only read: numbers, colours, search, and only the lines in view in the page. */
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search'
import type { Extension } from '@codemirror/state'
import { keymap } from '@codemirror/view'
import { CodeArea, READ_ONLY } from './code/CodeArea.tsx'

const EXTENSIONS: Extension = [READ_ONLY, search(), highlightSelectionMatches(), keymap.of(searchKeymap)]

/** `file` says the language by its ending. */
export function CodeView({ code, file, label }: { code: string; file: string; label: string }) {
  return <CodeArea initial={code} file={file} label={label} extensions={EXTENSIONS} />
}
