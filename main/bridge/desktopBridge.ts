/** What the preload script puts into the page as `window.vortexDesktop`. In a browser it is missing. */
import type { CallInput, CallName, CallOutput, EventData, EventName } from './channels.ts'

/** Errors cross as data: thrown ones would lose their words. */
export type Answer<T> = { is_ok: true; value: T } | { is_ok: false; message: string }

export interface DesktopBridge {
  call<Name extends CallName>(name: Name, input: CallInput<Name>): Promise<Answer<CallOutput<Name>>>
  /** The returned function ends the listening. */
  on<Name extends EventName>(name: Name, listener: (data: EventData<Name>) => void): () => void
}

declare global {
  interface Window {
    vortexDesktop?: DesktopBridge
  }
}
