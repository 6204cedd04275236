/** The main process's side of the table: each call is answered only to our own page, and only for an input that fits. */
import { ipcMain, type IpcMainInvokeEvent, type WebContents } from 'electron'
import { Value } from 'typebox/value'
import { calls, type CallInput, type CallName, type CallOutput, type EventData, type EventName } from '../bridge/channels.ts'
import type { Answer } from '../bridge/desktopBridge.ts'
import { isOurPage } from '../window/navigationRules.ts'

/** All of them: one that is missing does not compile. Errors are told to the person, so their messages are sentences. */
export type CallHandlers = { [Name in CallName]: (input: CallInput<Name>) => CallOutput<Name> | Promise<CallOutput<Name>> }

export function handleCalls(handlers: CallHandlers, isOurs: (contents: WebContents) => boolean): void {
  for (const name of Object.keys(calls) as CallName[]) {
    const handler = handlers[name] as (input: unknown) => unknown
    ipcMain.handle(`vortex:${name}`, async (event, input: unknown): Promise<Answer<unknown>> => {
      if (!isFromOurPage(event) || !isOurs(event.sender)) return { is_ok: false, message: 'This page may not ask that.' }
      if (!Value.Check(calls[name].input, input)) {
        const [first] = Value.Errors(calls[name].input, input)
        return { is_ok: false, message: `${name}: ${first?.instancePath ?? ''} ${first?.message ?? 'the input does not fit'}.` }
      }
      try {
        return { is_ok: true, value: await handler(input) }
      } catch (error) {
        return { is_ok: false, message: error instanceof Error ? error.message : String(error) }
      }
    })
  }
}

/** The top frame, and of our scheme: what a frame or a navigated page asks is refused. */
function isFromOurPage({ senderFrame }: IpcMainInvokeEvent): boolean {
  return senderFrame !== null && senderFrame.parent === null && isOurPage(senderFrame.url)
}

export type Tell = <Name extends EventName>(name: Name, data: EventData<Name>) => void

export function teller(contents: () => WebContents | null): Tell {
  return (name, data) => {
    const page = contents()
    if (page !== null && !page.isDestroyed()) page.send(`vortex:${name}`, data)
  }
}
