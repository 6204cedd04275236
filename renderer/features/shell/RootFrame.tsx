/** Around everything: questions and messages live within the router, so that they may hold links. */
import { Outlet } from '@tanstack/react-router'
import { lazy, Suspense, useSyncExternalStore } from 'react'
import { messages } from '../../ui/act.ts'
import { questions } from '../../ui/confirm.ts'

// Loaded when they are first needed.
const Messages = lazy(() => import('../../ui/Messages.tsx').then(({ Messages: component }) => ({ default: component })))
const ConfirmDialog = lazy(() => import('../../ui/ConfirmDialog.tsx').then(({ ConfirmDialog: component }) => ({ default: component })))

export function RootFrame() {
  const question = useSyncExternalStore(questions.subscribe, questions.current)
  const hasMessages = useSyncExternalStore(messages.subscribe, messages.areWanted)
  return (
    <>
      <Outlet />
      <Suspense>
        {hasMessages ? <Messages /> : null}
        {question === null ? null : <ConfirmDialog question={question} />}
      </Suspense>
    </>
  )
}
