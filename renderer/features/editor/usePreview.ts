/**
 * What the text in the editor would define: asked of the server soon after the last key, read there by the parse host. Only the newest
 * question's answer counts; the server ends older ones of this editor.
 */
import { useCallback, useEffect, useRef, useState } from 'react'
import type { DagFilePreview } from '#contract/dagFile.ts'
import { api } from '../../api/client.ts'
import { errorCode, errorText } from '../../api/errors.ts'

/** A pause in typing, not a key. */
const QUIET_MS = 400
/** After a refusal that passes: the server is busy or out of reach. */
const AGAIN_MS = 3000

export interface PreviewState {
  /** The newest answer; of a text that is older while `isAsking`. */
  preview: DagFilePreview | null
  /** The newest answer that defined DAGs: the graph stays while a line is half typed. */
  lastGood: DagFilePreview | null
  isAsking: boolean
  failure: string | null
}
const NOTHING: PreviewState = { preview: null, lastGood: null, isAsking: false, failure: null }

/** `text` is called when the question is asked. The returned function says that the text changed. */
export function usePreview(path: string, text: () => string): [PreviewState, (at?: 'now') => void] {
  const [state, setState] = useState<PreviewState>(NOTHING)
  // Two editors of one person must not end each other's questions.
  const [editor] = useState(() => Math.random().toString(36).slice(2))
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const newest = useRef(0)
  const read = useRef(text)
  useEffect(() => {
    read.current = text
  })
  const ask = useCallback(async () => {
    const mine = (newest.current += 1)
    setState((before) => ({ ...before, isAsking: true }))
    try {
      const preview = await api.previewDagFile({ body: { path, text: read.current(), editor } })
      if (mine === newest.current)
        setState((before) => ({
          preview,
          lastGood: preview.error === null ? kept(before.lastGood, preview) : before.lastGood,
          isAsking: false,
          failure: null,
        }))
    } catch (error) {
      // A newer question took its place: that one's answer comes.
      if (mine !== newest.current) return
      setState((before) => ({ ...before, isAsking: false, failure: errorText(error) }))
      const code = errorCode(error)
      if (code === 'offline' || code === 'rate_limited' || code === 'database_unavailable' || code === 'conflict')
        timer.current = setTimeout(() => void ask(), AGAIN_MS)
    }
  }, [path, editor])
  const changed = useCallback(
    (at?: 'now') => {
      clearTimeout(timer.current)
      timer.current = setTimeout(() => void ask(), at === 'now' ? 0 : QUIET_MS)
    },
    [ask],
  )
  useEffect(
    () => () => {
      clearTimeout(timer.current)
      newest.current += 1
    },
    [],
  )
  return [state, changed]
}

/** A text that defines the same again draws nothing anew: most keys change no graph. */
function kept(before: DagFilePreview | null, now: DagFilePreview): DagFilePreview {
  return before !== null && JSON.stringify(before.dags) === JSON.stringify(now.dags) ? before : now
}
