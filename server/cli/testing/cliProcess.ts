/** The command line in a process of its own, for tests. */
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { resolve } from 'node:path'
import type { Readable, Writable } from 'node:stream'

const BIN = resolve(import.meta.dirname, '../../../bin/vortex.js')

export interface CliOptions {
  env?: Record<string, string>
  /** What its standard input holds. */
  input?: string
}
export interface Outcome {
  code: number | null
  stdout: string
  stderr: string
}
export interface CliProcess {
  child: ChildProcessByStdio<Writable, Readable, Readable>
  done: Promise<Outcome>
  /** Resolves when its output matches. */
  seen: (pattern: RegExp) => Promise<void>
}

export function startCli(args: readonly string[], { env = {}, input = '' }: CliOptions): CliProcess {
  const child = spawn(process.execPath, [BIN, ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  const waiting: (() => void)[] = []
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
    for (const look of waiting) look()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
    for (const look of waiting) look()
  })
  child.stdin.end(input)
  const done = new Promise<Outcome>((resolveDone) => child.on('close', (code) => resolveDone({ code, stdout, stderr })))
  const seen = (pattern: RegExp) =>
    new Promise<void>((resolveSeen) => {
      const look = (): void => void ((pattern.test(stdout) || pattern.test(stderr)) && resolveSeen())
      waiting.push(look)
      look()
    })
  return { child, done, seen }
}
