/** What the editor of CodeMirror is made of, beside what every view of code has. */
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { jsonParseLinter } from '@codemirror/lang-json'
import { yamlLanguage } from '@codemirror/lang-yaml'
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit } from '@codemirror/language'
import { lintGutter, linter, lintKeymap } from '@codemirror/lint'
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
import { completeLocalNames, completePython } from './pythonCompletion.ts'
import { syntaxMarks } from './problems.ts'
import { yamlCompletion, type YamlSchema } from './yamlCompletion.ts'

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
    case 'yaml': {
      const schema = yamlSchemas.find(({ fits }) => fits(file))?.schema
      const completion = schema === undefined ? [] : yamlLanguage.data.of({ autocomplete: yamlCompletion(schema) })
      return [indentUnit.of('  '), linter(syntaxMarks), completion]
    }
    case 'json':
      return [indentUnit.of('  '), linter(jsonParseLinter())]
    case 'plain':
      return []
  }
}

/** Schemas of YAML files by name. Whoever reads a kind of YAML file adds its schema here. */
export const yamlSchemas: { fits: (file: string) => boolean; schema: YamlSchema }[] = []
