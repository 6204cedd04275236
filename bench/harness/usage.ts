/**
 * What a server and all that it started use, by part: memory (PSS) now and at its peak, processor time since a moment. The local worker
 * outlives its controller, so processes are found by the data folder, too.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { factsOf, megabytes, processTree } from './processes.ts'

export const PARTS = ['controller', 'worker', 'hosts', 'parsing'] as const
export type Part = (typeof PARTS)[number]
export type ByPart = Record<Part, number>

const SAMPLE_MS = 1_000
const TICKS_PER_SECOND = 100

function none(): ByPart {
  return { controller: 0, worker: 0, hosts: 0, parsing: 0 }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

/** Every process of the server: its own tree, and the trees of workers of its data folder. */
function processesOf(server: { pid: number; home: string }): Map<number, Part> {
  const parts = new Map<number, Part>()
  const take = (root: number): void => {
    for (const pid of processTree(root)) parts.set(pid, partOf(pid, server.pid))
  }
  take(server.pid)
  for (const entry of readdirSync('/proc'))
    if (/^\d+$/.test(entry) && !parts.has(Number(entry)) && isWorkerOf(commandOf(Number(entry)), server.home)) take(Number(entry))
  return parts
}

function isWorkerOf(command: string, home: string): boolean {
  return command.includes('worker.mjs') && command.includes(home)
}

function partOf(pid: number, controller: number): Part {
  if (pid === controller) return 'controller'
  const command = commandOf(pid)
  if (command.includes('worker.mjs')) return 'worker'
  return command.includes('vortex.loading') ? 'parsing' : 'hosts'
}

/** Own time of a process, and that of its children that ended. */
function secondsOf(pid: number): { own: number; ended: number } {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const ticks = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const sum = (a: number, b: number): number => ((ticks[a] ?? 0) + (ticks[b] ?? 0)) / TICKS_PER_SECOND
    return { own: sum(11, 12), ended: sum(13, 14) }
  } catch {
    return { own: 0, ended: 0 }
  }
}

/** Processor time so far. What ended below the controller was parsing, what ended below the worker were hosts. */
export function secondsByPart(server: { pid: number; home: string }): ByPart {
  const seconds = none()
  for (const [pid, part] of processesOf(server)) {
    const { own, ended } = secondsOf(pid)
    seconds[part] += own
    seconds[part === 'controller' ? 'parsing' : part === 'worker' ? 'hosts' : part] += ended
  }
  return seconds
}

export function memoryByPart(server: { pid: number; home: string }): ByPart {
  const memory = none()
  const parts = processesOf(server)
  for (const { pid, pss } of factsOf([...parts.keys()])) memory[parts.get(pid) ?? 'hosts'] += megabytes(pss)
  return memory
}

export interface Use {
  wall_s: number
  /** Processor seconds. */
  seconds: ByPart
  /** Highest memory that was seen, MB. */
  peak: ByPart
}

/** What is used while `work` runs. */
export async function using<T>(server: { pid: number; home: string }, work: () => Promise<T>): Promise<{ result: T; use: Use }> {
  const before = secondsByPart(server)
  const peak = memoryByPart(server)
  const sample = (): void => {
    const now = memoryByPart(server)
    for (const part of PARTS) peak[part] = Math.max(peak[part], now[part])
  }
  const timer = setInterval(sample, SAMPLE_MS)
  const began = performance.now()
  try {
    const result = await work()
    const wall_s = (performance.now() - began) / 1000
    sample()
    const after = secondsByPart(server)
    const seconds = none()
    for (const part of PARTS) seconds[part] = after[part] - before[part]
    return { result, use: { wall_s, seconds, peak } }
  } finally {
    clearInterval(timer)
  }
}

const listed = (values: ByPart, digits: number): string =>
  PARTS.filter((part) => values[part] >= 0.05)
    .map((part) => `${part} ${values[part].toFixed(digits)}`)
    .join(', ')

export function showUse({ seconds, peak }: Use): string {
  return `CPU s: ${listed(seconds, 1)}; peak MB: ${listed(peak, 0)}`
}

/** The worker's process; null = none lives. */
export function workerPid(server: { pid: number; home: string }): number | null {
  for (const [pid, part] of processesOf(server)) if (part === 'worker') return pid
  return null
}
