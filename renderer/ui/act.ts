/** Telling that something worked, or why not: one way for every action. The messages' code is loaded with the first one. */
import type { NotificationData } from '@mantine/notifications'
import type { ReactNode } from 'react'
import { errorText } from '../api/errors.ts'
import { strings } from '../strings.ts'

const listeners = new Set<() => void>()
let areWanted = false

/** Whether there was a message yet: then the corner where they stand is drawn. */
export const messages = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  areWanted: (): boolean => areWanted,
}

function show(message: NotificationData): void {
  areWanted = true
  for (const listener of listeners) listener()
  // Its store keeps what comes before the corner is there.
  void import('./Messages.tsx').then(({ notifications }) =>
    notifications.show({ withBorder: true, closeButtonProps: { 'aria-label': strings.common.close }, ...message }),
  )
}

/** Most are read at a glance; one with a link stays longer. */
export function tell(message: ReactNode, ms = 4000): void {
  show({ message, color: 'green', autoClose: ms })
}

/** A failure stays until it is closed: the person may be looking elsewhere. */
export function tellError(error: unknown): void {
  show({ title: strings.common.failed, message: errorText(error), color: 'red', autoClose: false })
}
