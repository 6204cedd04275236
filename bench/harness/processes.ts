/** Memory and processor time of a process and everything below it, from /proc (Linux). */
import { readFileSync, readdirSync } from 'node:fs'

export interface ProcessFacts {
  pid: number
  command: string
  /** Bytes, shared pages counted in parts (PSS). */
  pss: number
}

const TICKS_PER_SECOND = 100

/** pid -> parent of every process. */
function parents(): Map<number, number> {
  const found = new Map<number, number>()
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const fields = statFields(Number(entry))
    if (fields !== null) found.set(Number(entry), Number(fields[1]))
  }
  return found
}

/** Fields of /proc/PID/stat after the command's name: [0] state, [1] parent, [11] user ticks, [12] system ticks. */
function statFields(pid: number): string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return null
  }
}

export function processTree(root: number): number[] {
  const parentOf = parents()
  const tree = new Set([root])
  for (let size = 0; size !== tree.size;) {
    size = tree.size
    for (const [pid, parent] of parentOf) if (tree.has(parent)) tree.add(pid)
  }
  return [...tree]
}

/** Facts of those that still live. */
export function factsOf(pids: readonly number[]): ProcessFacts[] {
  return pids.flatMap((pid) => {
    try {
      const pss = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1]
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
      return pss === undefined ? [] : [{ pid, command, pss: Number(pss) * 1024 }]
    } catch {
      return []
    }
  })
}

/** Seconds of processor time that a process tree used so far; children that ended are not in it. */
export function cpuSeconds(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const fields = statFields(pid)
    return fields === null ? 0 : Number(fields[11]) + Number(fields[12])
  })
  return ticks.reduce((sum, value) => sum + value, 0) / TICKS_PER_SECOND
}

export const megabytes = (bytes: number): number => bytes / 1e6
