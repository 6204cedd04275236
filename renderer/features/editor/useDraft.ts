/** The draft of the text that is typed: written when typing pauses, and at the latest when the page is left. */
import type { EditorView } from '@codemirror/view'
import { useCallback, useEffect, useRef, type RefObject } from 'react'
import { dropDraft, keepDraft } from './drafts.ts'
import { textOf } from './textChanges.ts'

/** The saved text that what is typed is compared with. */
export interface Base {
  sha256: string | null
  /** null = a draft of a text that is not known here any more. */
  text: string | null
}

/** Soon enough to lose no sentence, seldom enough to cost no key. */
const DRAFT_MS = 500

export function useDraft(username: string, path: string, base: RefObject<Base>) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  /** Holds text that is not written yet. */
  const waiting = useRef<EditorView | null>(null)
  const isKept = useRef(true)
  const stopWaiting = useCallback(() => {
    clearTimeout(timer.current)
    waiting.current = null
  }, [])
  const keepNow = useCallback((): boolean => {
    const changed = waiting.current
    stopWaiting()
    if (changed === null) return isKept.current
    const { text, sha256 } = base.current
    const now = textOf(changed.state, text ?? '')
    if (now === text) dropDraft({ username, path })
    isKept.current = now === text || keepDraft({ username, path }, { text: now, base: sha256, at: Date.now() })
    return isKept.current
  }, [username, path, base, stopWaiting])
  const keepSoon = useCallback(
    (changed: EditorView) => {
      stopWaiting()
      waiting.current = changed
      timer.current = setTimeout(keepNow, DRAFT_MS)
    },
    [keepNow, stopWaiting],
  )
  const drop = useCallback(() => {
    stopWaiting()
    isKept.current = true
    dropDraft({ username, path })
  }, [username, path, stopWaiting])
  useEffect(() => {
    window.addEventListener('pagehide', keepNow)
    return () => {
      window.removeEventListener('pagehide', keepNow)
      keepNow()
    }
  }, [keepNow])
  return { keepSoon, keepNow, drop }
}
