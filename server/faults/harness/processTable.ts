/** What runs on this machine, from /proc. */
import { readdirSync, readFileSync } from 'node:fs'

export interface ProcessEntry {
  pid: number
  parent: number
  command: string
  environment: string
}

export function processes(): ProcessEntry[] {
  const found: ProcessEntry[] = []
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      const after = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      if (after[0] === 'Z') continue
      const text = (file: string): string => readFileSync(`/proc/${name}/${file}`, 'utf8').replaceAll('\0', ' ')
      found.push({ pid: Number(name), parent: Number(after[1]), command: text('cmdline'), environment: text('environ') })
    } catch {
      // It has just ended.
    }
  }
  return found
}

export function childrenOf(pid: number): ProcessEntry[] {
  return processes().filter((entry) => entry.parent === pid)
}

/** Processes that name a folder in their command or environment: what a test has left behind. */
export function processesOf(folder: string): ProcessEntry[] {
  return processes().filter((entry) => entry.pid !== process.pid && (entry.command.includes(folder) || entry.environment.includes(folder)))
}
