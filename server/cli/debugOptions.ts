/** `--debug TASK` and `--debug-address HOST:PORT`: a task that waits for a debugger (python/vortex/testing/debugger.py). */
import type { DagTasks } from '#contract/dag.ts'
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

/** Only Python can be debugged: a plain bash command is started by the worker itself. */
export function whereItWaits({ dag_id, tasks }: Pick<DagTasks, 'dag_id' | 'tasks'>, { task_id, address }: Debug): string {
  const task = tasks.find(({ id }) => id === task_id)
  if (task === undefined) {
    const known = tasks.map(({ id }) => id)
    const some = `${known.slice(0, 20).join(', ')}${known.length > 20 ? ', …' : ''}`
    throw new CliError(EXIT.usage, `${dag_id} has no task ${task_id}. It has: ${some}.`)
  }
  if (task.task_type !== 'python')
    throw new CliError(EXIT.usage, `${task_id} runs no Python: it is ${task.task_type}, which the worker does by itself.`)
  return `${task_id} waits for a debugger on ${address} when it starts. In VS Code: Python Debugger: Remote Attach.`
}

/** What the task hosts of `vortex run` read. Not a name of VORTEX's own, which tasks do not see. */
const VARIABLE = 'DEBUG_OF_VORTEX_TASK'

/** Before the engine starts: its worker hands its environment to the task hosts. */
export function debugInHosts({ task_id, address }: Debug): void {
  process.env[VARIABLE] = `${task_id}=${address}`
}
