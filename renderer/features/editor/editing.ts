/** What the editor of CodeMirror is made of, beside what every view of code has. */
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { yamlLanguage } from '@codemirror/lang-yaml'
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit } from '@codemirror/language'
import { lintGutter, lintKeymap } from '@codemirror/lint'
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search'
import { EditorState, type Extension } from '@codemirror/state'
import {
  drawSelection,
  dropCursor,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  rectangularSelection,
} from '@codemirror/view'
import { languageOf } from '../../ui/code/codeLanguages.ts'
import { completeDagYaml } from './dagSchema.ts'
import { completeLocalNames, completePython } from './pythonCompletion.ts'

export function editing(file: string, onChange: (view: EditorView, isText: boolean) => void): Extension {
  return [
    history(),
    foldGutter(),
    lintGutter(),
    drawSelection(),
    dropCursor(),
    rectangularSelection(),
    EditorState.allowMultipleSelections.of(true),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    autocompletion({ activateOnTypingDelay: 60 }),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    search(),
    // Escape gives Tab back to the page (CodeMirror's own rule), so that the keyboard can leave the text.
    keymap.of([
      ...closeBracketsKeymap,
      ...defaultKeymap,
      ...searchKeymap,
      ...historyKeymap,
      ...foldKeymap,
      ...completionKeymap,
      ...lintKeymap,
      indentWithTab,
    ]),
    EditorView.updateListener.of((update) => {
      // Marks move with the text and come with answers: both change the list of problems.
      if (update.docChanged || update.transactions.some((transaction) => transaction.effects.length > 0))
        onChange(update.view, update.docChanged)
    }),
    forLanguage(file),
  ]
}

function forLanguage(file: string): Extension {
  switch (languageOf(file)) {
    case 'python':
      return [indentUnit.of('    '), autocompletion({ override: [completePython, completeLocalNames] })]
    case 'yaml':
      return [indentUnit.of('  '), yamlLanguage.data.of({ autocomplete: completeDagYaml })]
    case 'json':
      return indentUnit.of('  ')
    case 'plain':
      return []
  }
}
