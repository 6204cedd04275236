/** How code looks, in both themes: colours change with the page's `color-scheme`, so nothing is built anew when the theme does. */
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import type { Extension } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'

const highlight = HighlightStyle.define([
  {
    tag: [tags.keyword, tags.controlKeyword, tags.operatorKeyword, tags.definitionKeyword, tags.moduleKeyword, tags.bool, tags.null],
    color: 'light-dark(#9c2bab, #d4a0f7)',
  },
  { tag: [tags.string, tags.special(tags.string), tags.docString], color: 'light-dark(#1b6e33, #8fd6a0)' },
  { tag: [tags.comment, tags.lineComment, tags.blockComment], color: 'light-dark(#66707b, #8b949e)', fontStyle: 'italic' },
  { tag: [tags.number, tags.literal], color: 'light-dark(#a04a05, #f0b072)' },
  {
    tag: [tags.definition(tags.variableName), tags.function(tags.definition(tags.variableName)), tags.className, tags.propertyName],
    color: 'light-dark(#1c5fb0, #84b9ff)',
  },
  { tag: [tags.meta, tags.standard(tags.variableName), tags.self], color: 'light-dark(#0b6374, #74d3e6)' },
  { tag: tags.invalid, color: 'light-dark(#b3261e, #ff9a94)' },
])

const look = EditorView.theme({
  '&': { height: '100%', color: 'var(--mantine-color-text)', backgroundColor: 'var(--page)', fontSize: '13px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '20px', overflow: 'auto' },
  '.cm-content': { padding: '8px 0', caretColor: 'var(--mantine-color-text)' },
  '.cm-content:focus-visible': { outline: 'none' },
  '&.cm-focused > .cm-scroller': { boxShadow: 'inset 2px 0 0 var(--mantine-primary-color-filled)' },
  '.cm-line': { padding: '0 16px 0 8px' },
  '.cm-cursor, .cm-dropCursor': { borderLeftColor: 'var(--mantine-color-text)' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
    backgroundColor: 'light-dark(#cfe3ff, #2c4566)',
  },
  '.cm-gutters': { backgroundColor: 'var(--page)', color: 'light-dark(#68707a, #828c99)', border: 'none' },
  '.cm-lineNumbers .cm-gutterElement': { padding: '0 8px 0 16px', minWidth: '40px' },
  '.cm-activeLine': { backgroundColor: 'light-dark(rgba(30, 60, 120, 0.05), rgba(255, 255, 255, 0.04))' },
  '.cm-activeLineGutter': { backgroundColor: 'transparent', color: 'var(--mantine-color-text)' },
  '.cm-selectionMatch': { backgroundColor: 'light-dark(#e6efdc, #34452d)' },
  '.cm-searchMatch': { backgroundColor: 'light-dark(#ffe9a8, #5a4a12)' },
  '.cm-searchMatch-selected': { backgroundColor: 'light-dark(#ffc94d, #8a6d12)' },
  '.cm-matchingBracket': { backgroundColor: 'light-dark(#d5ecd8, #2d4a33)', outline: 'none' },
  '.cm-foldPlaceholder': { backgroundColor: 'var(--surface)', border: '1px solid var(--line-strong)', color: 'var(--text-dim)' },
  '.cm-panels': { backgroundColor: 'var(--surface)', color: 'var(--mantine-color-text)' },
  '.cm-panels.cm-panels-bottom': { borderTop: '1px solid var(--line)' },
  '.cm-panel.cm-search': { padding: '8px 12px', fontFamily: 'inherit', fontSize: '13px' },
  '.cm-panel.cm-search input, .cm-panel.cm-search button': { fontSize: '13px' },
  '.cm-textfield': { backgroundColor: 'var(--surface-raised)', border: '1px solid var(--line-strong)', borderRadius: '4px' },
  '.cm-button': {
    backgroundImage: 'none',
    backgroundColor: 'var(--surface-raised)',
    border: '1px solid var(--line-strong)',
    borderRadius: '4px',
    color: 'inherit',
  },
  '.cm-tooltip': {
    backgroundColor: 'var(--surface-raised)',
    color: 'var(--mantine-color-text)',
    border: '1px solid var(--line-strong)',
    borderRadius: '6px',
    boxShadow: '0 4px 14px rgba(0, 0, 0, 0.18)',
    maxWidth: 'min(560px, 90vw)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)', maxHeight: '14em' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'light-dark(#dbe9ff, #2c4566)',
    color: 'var(--mantine-color-text)',
  },
  '.cm-completionDetail': { color: 'var(--text-dim)', fontStyle: 'normal' },
  '.cm-completionInfo': { padding: '8px 10px', whiteSpace: 'pre-wrap', fontSize: '12.5px', lineHeight: '18px' },
  '.cm-diagnostic': { padding: '5px 10px', fontSize: '13px', whiteSpace: 'pre-wrap' },
  '.cm-diagnostic-error': { borderLeft: '4px solid var(--state-failed-fill)' },
  '.cm-lintRange-error': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy light-dark(#c62828, #ff7b72) 1.5px',
    textUnderlineOffset: '3px',
  },
  '.cm-lintRange-warning': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy light-dark(#a15c00, #f0b072) 1.5px',
    textUnderlineOffset: '3px',
  },
  '.cm-gutter-lint': { width: '16px' },
})

export const codeTheme: Extension = [look, syntaxHighlighting(highlight)]
