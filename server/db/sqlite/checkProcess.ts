/**
 * The check of a large file beside the running server: in a process of its own, of the lowest priority. Inside SQLite it cannot be
 * interrupted and takes seconds for each GB, so a thread would hold up a stop; a process can be ended at any moment.
 */
import { spawn } from 'node:child_process'
import { constants, setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'

/** What makes the program of the database threads check a folder's database and end. */
export const CHECK_ARGUMENT = '--check'

/** Longest message: integrity.ts cuts what SQLite found at 300 characters. */
const OUTPUT_CHARS = 4_000

export interface Check {
  /** What is damaged; null = nothing was found, or the check could not be made. */
  ended: Promise<string | null>
  stop: () => void
}

export function startCheck(p: { entry: URL; folder: string }): Check {
  const child = spawn(process.execPath, [fileURLToPath(p.entry), CHECK_ARGUMENT, p.folder], { stdio: ['ignore', 'pipe', 'ignore'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(0, OUTPUT_CHARS)))
  try {
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW)
  } catch {
    // It has ended already, or the system does not allow it: then it runs like everybody.
  }
  const ended = new Promise<string | null>((resolve) => {
    child.once('error', () => resolve(null))
    child.once('close', () => resolve(output === '' ? null : output))
  })
  return { ended, stop: () => void child.kill('SIGKILL') }
}
