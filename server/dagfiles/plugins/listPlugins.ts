/** Asks the DAGs' own interpreter what plugins there are. Each is looked at in a process of its own with limits; none runs here. */
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import type { PluginList } from '#contract/plugin.ts'
import type { Clock } from '#runtime/clock.ts'

/** A plugin that does not load is given up after 10 s; a few of them, one after the other. */
const LIMIT_MS = 120_000
/** What a broken installation says for itself. */
const STDERR_CHARS = 2_000

export class PluginsUnknown extends Error {
  override readonly name = 'PluginsUnknown'
}

export async function listPlugins(p: {
  /** Absolute; null = only the plugins that VORTEX brings. */
  root: string | null
  /** One plugin of the folder, as the list names it; null = all. */
  path: string | null
  python: string
  environment: Readonly<Record<string, string>>
  clock: Clock
}): Promise<PluginList> {
  const child = spawn(p.python, ['-m', 'vortex.plugins'], { env: p.environment, cwd: '/', stdio: ['pipe', 'pipe', 'pipe'] })
  let isLate = false
  const timer = p.clock.after(LIMIT_MS, () => {
    isLate = true
    child.kill('SIGKILL')
  })
  const ended = new Promise<string | null>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(code === 0 ? null : `exit ${code ?? signal}`))
  })
  // A child that is gone already says why itself.
  child.stdin.on('error', () => undefined)
  child.stdin.end(JSON.stringify({ root: p.root, path: p.path }))
  const [out, err, failure] = await Promise.all([text(child.stdout), text(child.stderr), ended]).finally(() => timer.cancel())
  if (isLate) throw new PluginsUnknown(`Looking at the plugins took longer than ${LIMIT_MS / 1000} s.`)
  if (failure !== null)
    throw new PluginsUnknown(`${p.python} could not look at the plugins (${failure}): ${err.trim().slice(-STDERR_CHARS)}`)
  return JSON.parse(out) as PluginList
}
