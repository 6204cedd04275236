/** What every command gets: the screen, the connection, and a wrapper that turns errors into exit codes. */
import type { Command } from 'commander'
import { connect, type Connection } from './connection.ts'
import { describeError, EXIT } from './exit.ts'
import { makeScreen, type Screen } from './output.ts'

/** Options that every command has. */
export interface GlobalOptions {
  server?: string
  apiKeyFile?: string
  json?: boolean
  color?: boolean
}

export interface Cli {
  screen: Screen
  connection: () => Connection
}

/** A command module declares its arguments on `command`; top-level commands are loaded only when they are asked for. */
export interface CommandModule {
  register(command: Command): void
}

export function makeCli(options: GlobalOptions): Cli {
  const color = options.color !== false && process.stdout.isTTY === true
  const screen = makeScreen({ json: options.json === true, color, stdout: process.stdout, stderr: process.stderr })
  let connection: Connection | null = null
  return {
    screen,
    connection: () => (connection ??= connect({ server: options.server, apiKeyFile: options.apiKeyFile, warn: screen.warn })),
  }
}

/** An action's result is its exit code; nothing means 0. */
type Action<Args extends unknown[]> = (cli: Cli, ...args: Args) => Promise<number | void>

/** Wraps an action for commander, which calls it with arguments, options and the command. */
export function action<Args extends unknown[]>(run: Action<Args>): (...args: [...Args, Command]) => Promise<void> {
  return async (...all) => {
    const command = all.at(-1) as Command
    const options = command.optsWithGlobals<GlobalOptions>()
    try {
      process.exitCode = (await run(makeCli(options), ...(all.slice(0, -1) as Args))) ?? EXIT.ok
    } catch (error) {
      process.exitCode = report(error, options.json === true)
    }
  }
}

/** Tells an error and returns its exit code. With --json it is a document on stderr, so that stdout stays data. */
export function report(error: unknown, json: boolean): number {
  const failure = describeError(error)
  if (json)
    process.stderr.write(`${JSON.stringify({ error: { code: failure.code, message: failure.message, details: failure.details } })}\n`)
  else process.stderr.write(`Error: ${failure.message}${describeDetails(failure.details)}\n`)
  if (process.env['VORTEX_DEBUG'] && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`)
  return failure.exitCode
}

function describeDetails(details: unknown): string {
  if (details === null || details === undefined) return ''
  const { errors } = details as { errors?: { pointer: string; message: string }[] }
  // One problem is in the sentence already.
  if (Array.isArray(errors))
    return errors.length < 2 ? '' : errors.map(({ pointer, message }) => `\n  ${pointer.replace(/^\/conf\//, '')} ${message}`).join('')
  // What else there is repeats the sentence for programs; --json has it.
  return ''
}
