/** The question that waits for an answer, if any. ConfirmDialog.tsx asks it; it is loaded with the first question. */
import type { ReactNode } from 'react'

export interface Question {
  title: string
  text: ReactNode
  confirm: string
  danger?: boolean
  onConfirm: () => void
}

let current: Question | null = null
const listeners = new Set<() => void>()

function set(question: Question | null): void {
  current = question
  for (const listener of listeners) listener()
}

export const questions = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  current: (): Question | null => current,
  close: (): void => {
    set(null)
  },
}

/** Asks before something is done that cannot be taken back. */
export function confirmAction(question: Question): void {
  set(question)
}
