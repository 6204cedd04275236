/**
 * Which worker process belongs to a folder: a file with its pid and start time. A pid alone may long belong to another process.
 * The worker itself claims the file, so that a controller that dies while it starts a worker leaves no unknown one.
 */
import { execFileSync } from 'node:child_process'
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface ProcessRecord {
  pid: number
  /** As the system counts it; the same for the life of the process. */
  start_time: string
  /** What the worker was started with; another wish needs another worker. */
  settings: string
}

const FILE = 'worker.json'

export function readRecord(folder: string): ProcessRecord | null {
  return parse(join(folder, FILE))
}

function parse(path: string): ProcessRecord | null {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<ProcessRecord>
    if (!Number.isInteger(value.pid) || typeof value.start_time !== 'string' || typeof value.settings !== 'string') return null
    return value as ProcessRecord
  } catch {
    return null
  }
}

export function isAlive(record: ProcessRecord): boolean {
  return record.pid > 1 && startTimeOf(record.pid) === record.start_time
}

/** False = a living worker has it. */
export function claimRecord(folder: string, settings: string): boolean {
  const path = join(folder, FILE)
  const mine = join(folder, `${FILE}.${process.pid}`)
  const record: ProcessRecord = { pid: process.pid, start_time: startTimeOf(process.pid) ?? '', settings }
  writeFileSync(mine, JSON.stringify(record), { mode: 0o600 })
  try {
    for (;;) {
      try {
        // A link is made by one process only, and the file is whole when it appears.
        linkSync(mine, path)
        return true
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      const found = parse(path)
      if (found !== null && isAlive(found)) return false
      setAside(path, found)
    }
  } finally {
    rmSync(mine, { force: true })
  }
}

/** Takes a dead worker's file away, unless a living one has put its own there in the meantime. */
function setAside(path: string, dead: ProcessRecord | null): void {
  const aside = `${path}.dead.${process.pid}`
  try {
    renameSync(path, aside)
  } catch {
    return
  }
  const taken = parse(aside)
  if (taken !== null && taken.pid !== dead?.pid && isAlive(taken)) {
    try {
      linkSync(aside, path)
    } catch {
      // A third one was faster; the first owner sees at its next look that the folder is not its own any more.
    }
  }
  rmSync(aside, { force: true })
}

/** Gives the folder up, if it is this process's. */
export function releaseRecord(folder: string): void {
  if (readRecord(folder)?.pid === process.pid) rmSync(join(folder, FILE), { force: true })
}

/** Null = there is no such process, or it is a zombie. */
export function startTimeOf(pid: number): string | null {
  if (process.platform === 'linux') {
    try {
      const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
      // The name is in parentheses and may hold anything.
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
      return fields[0] === 'Z' ? null : (fields[19] ?? null)
    } catch {
      return null
    }
  }
  try {
    const text = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
    return text === '' || text.startsWith('Z') ? null : text.slice(text.indexOf(' ') + 1).trim()
  } catch {
    return null
  }
}
