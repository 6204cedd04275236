/** `--debug TASK` and `--debug-address HOST:PORT`: a task that waits for a debugger (python/vortex/testing/debugger.py). */
import { CliError, EXIT } from './exit.ts'

/** Debuggers of Python try it by themselves: debugpy's own port. */
const DEFAULT_ADDRESS = '127.0.0.1:5678'

export interface Debug {
  task_id: string
  /** HOST:PORT. */
  address: string
}

export function readDebug(options: { debug?: string; debugAddress?: string }): Debug | null {
  if (options.debug === undefined) {
    if (options.debugAddress !== undefined) throw new CliError(EXIT.usage, '--debug-address says where; --debug TASK says which task.')
    return null
  }
  const address = options.debugAddress ?? DEFAULT_ADDRESS
  const whole = address.includes(':') ? address : `127.0.0.1:${address}`
  const port = Number(whole.slice(whole.lastIndexOf(':') + 1))
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new CliError(EXIT.usage, `--debug-address ${address} is no HOST:PORT, such as ${DEFAULT_ADDRESS}.`)
  return { task_id: options.debug, address: whole }
}

/** What the task hosts of `vortex run` read. Not a name of VORTEX's own, which tasks do not see. */
const VARIABLE = 'DEBUG_OF_VORTEX_TASK'

/** Before the engine starts: its worker hands its environment to the task hosts. */
export function debugInHosts({ task_id, address }: Debug): void {
  process.env[VARIABLE] = `${task_id}=${address}`
}
