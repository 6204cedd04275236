/**
 * The server as the child of another program (the desktop app): started with a token that came over the parent's channel, told to stop
 * over it, and ended in order when the parent has died, with running tasks left to the local worker.
 */
import { SUPERVISED_ENV, ToSupervised, type FromSupervised } from '#contract/supervision.ts'
import type { ConfigOptions } from '#runtime/config.ts'
import { Value } from 'typebox/value'
import { startServer } from './embedded.ts'
import { CliError, endSoon, EXIT } from './exit.ts'

/** The parent says `launch` right after the start; one that does not is no parent of ours. */
const LAUNCH_WAIT_MS = 10_000

/** Asked once: no child of the server may take itself for one. */
export function isSupervised(): boolean {
  const asked = process.env[SUPERVISED_ENV] === '1'
  Reflect.deleteProperty(process.env, SUPERVISED_ENV)
  if (asked && process.send === undefined)
    throw new CliError(EXIT.usage, `${SUPERVISED_ENV} is for a program that starts the server as its child. Leave it out.`)
  return asked
}

export async function runSupervised(options: ConfigOptions, explain: (cause: unknown) => unknown): Promise<number> {
  const parent = hearParent()
  const launch_token = await parent.launch
  const server = await startServer(options, { launch_token }).catch((cause: unknown) => {
    const known = explain(cause)
    const message = known instanceof Error ? known.message : String(known)
    endSoon()
    return tell({ type: 'failed', message }).then(() => Promise.reject(known))
  })
  await tell({ type: 'ready', url: server.url, warnings: server.warnings })
  await server.stop({ leave_worker: (await parent.stop).leave_worker })
  endSoon()
  return EXIT.ok
}

function hearParent(): { launch: Promise<string>; stop: Promise<{ leave_worker: boolean }> } {
  const launch = Promise.withResolvers<string>()
  const stop = Promise.withResolvers<{ leave_worker: boolean }>()
  const late = setTimeout(() => {
    launch.reject(new CliError(EXIT.usage, 'The program that started this server did not say how to launch it.'))
  }, LAUNCH_WAIT_MS)
  process.on('message', (message) => {
    if (!Value.Check(ToSupervised, message)) return
    if (message.type === 'launch') {
      clearTimeout(late)
      launch.resolve(message.token)
    } else stop.resolve({ leave_worker: message.leave_worker })
  })
  const leave = (): void => {
    stop.resolve({ leave_worker: true })
  }
  process.once('disconnect', leave)
  process.once('SIGTERM', leave)
  // A terminal's Ctrl-C reaches parent and child: the parent decides what becomes of the server, and says so.
  process.on('SIGINT', () => undefined)
  return { launch: launch.promise, stop: stop.promise }
}

/** The parent may be gone; its absence is noticed elsewhere. */
function tell(message: FromSupervised): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve()
    else
      process.send(message, undefined, {}, () => {
        resolve()
      })
  })
}
