/** The page's side of the desktop app: its calls and events, or the knowledge that this is a browser. */
import { useEffect, useState } from 'react'
import type { CallInput, CallName, CallOutput, EventData, EventName } from '#bridge/channels.ts'
import type {} from '#bridge/desktopBridge.ts'

export const isDesktop = (): boolean => window.vortexDesktop !== undefined

/** Throws with a sentence for people if the app refuses. */
export async function call<Name extends CallName>(name: Name, input: CallInput<Name>): Promise<CallOutput<Name>> {
  if (window.vortexDesktop === undefined) throw new Error('This works in the desktop app only.')
  const answer = await window.vortexDesktop.call(name, input)
  if (!answer.is_ok) throw new Error(answer.message)
  return answer.value
}

export function listen<Name extends EventName>(name: Name, listener: (data: EventData<Name>) => void): () => void {
  return window.vortexDesktop?.on(name, listener) ?? (() => undefined)
}

type Question = { name: 'connections.list'; event: 'connections.changed' } | { name: 'server.state'; event: 'server.changed' }

/** What a call answers, asked again whenever an event says that it changed. */
function useAnswer<Q extends Question>({ name, event }: Q): CallOutput<Q['name']> | null {
  const [answer, setAnswer] = useState<CallOutput<Q['name']> | null>(null)
  useEffect(() => {
    let isShown = true
    const ask = () => {
      void call<Q['name']>(name, {} as CallInput<Q['name']>).then((value) => {
        if (isShown) setAnswer(value)
      })
    }
    ask()
    const stop = listen(event, ask)
    return () => {
      isShown = false
      stop()
    }
  }, [name, event])
  return answer
}

export const useConnections = () => useAnswer({ name: 'connections.list', event: 'connections.changed' })
export const useServerState = () => useAnswer({ name: 'server.state', event: 'server.changed' })
