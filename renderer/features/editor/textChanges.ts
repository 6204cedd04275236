/** Text of a file in and out of CodeMirror, which knows lines rather than line ends. */
import { Text, type EditorState } from '@codemirror/state'
import type { EditorView } from '@codemirror/view'

export const linesOf = (text: string): Text => Text.of(text.split(/\r\n?|\n/))

/** With the line ends of the text that was read; a file that mixes them gets one kind. */
export function textOf(state: EditorState, like: string): string {
  return state.doc.sliceString(0, state.doc.length, like.includes('\r\n') ? '\r\n' : '\n')
}

/** Puts another text in, touching only what differs between its common head and tail, so that cursor and view stay. */
export function replaceText(view: EditorView, text: string): void {
  const before = view.state.doc.toString()
  const after = linesOf(text).toString()
  if (before === after) return
  let head = 0
  const shorter = Math.min(before.length, after.length)
  while (head < shorter && before.charCodeAt(head) === after.charCodeAt(head)) head += 1
  let tail = 0
  while (tail < shorter - head && before.charCodeAt(before.length - 1 - tail) === after.charCodeAt(after.length - 1 - tail)) tail += 1
  view.dispatch({ changes: { from: head, to: before.length - tail, insert: after.slice(head, after.length - tail) } })
}

/** Where a task is most likely written: its id in quotes, else a function of its name. */
export function placeOfTask(text: string, taskId: string): number | null {
  const names = [taskId, taskId.split('.').at(-1) ?? taskId].map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  for (const name of names) {
    const asKey = `^[ \\t]*["']?${name}["']?[ \\t]*:`
    const asId = `\\b(?:task_)?id[ \\t]*:[ \\t]*["']?${name}\\b`
    for (const pattern of [`task_id\\s*=\\s*["']${name}["']`, `def\\s+${name}\\b`, asId, asKey, `["']${name}["']`]) {
      const at = text.search(new RegExp(pattern, 'm'))
      if (at >= 0) return at
    }
  }
  return null
}
