/**
 * The one place that spawns: the zygote, a Python process that starts everything else. Its standard input carries one line that
 * says where to connect; what it prints is kept for the message that explains why it died.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import path from 'node:path'

/** Enough for a traceback. */
const KEPT_OUTPUT_CHARS = 8 * 1024
/** Must equal MARK_WIDTH of python/vortex/host/linux.py: room in the environment that children overwrite with their attempt's id. */
const MARK_WIDTH = 64

export interface ZygoteOptions {
  python: string
  python_path: string
  env: Record<string, string>
  socket: string
  token: string
  scratch: string
  onLine(line: string): void
  onExit(words: string): void
}

export class ZygoteProcess {
  private readonly child: ChildProcess
  private output = ''
  private unfinishedLine = ''
  private over = false

  constructor(options: ZygoteOptions) {
    const pythonPath = options.env['PYTHONPATH'] ?? ''
    const env = {
      ...options.env,
      PYTHONPATH: pythonPath === '' ? options.python_path : `${options.python_path}${path.delimiter}${pythonPath}`,
      VORTEX_ATTEMPT_ID: ' '.repeat(MARK_WIDTH),
    }
    // A session of its own: a signal to the worker's group (Ctrl-C, kill of the group) must not reach what guards the attempts.
    this.child = spawn(options.python, ['-m', 'vortex.host'], { env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
    const end = (words: string): void => {
      if (this.over) return
      this.over = true
      options.onExit(words)
    }
    this.child.on('error', (error) => end(`${options.python} could not be started: ${error.message}`))
    this.child.on('exit', (code, signal) =>
      end(`${signal === null ? `exited with code ${code}` : `was killed by ${signal}`}${this.lastWords()}`),
    )
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => this.keep(text, options.onLine))
    }
    this.child.stdin?.on('error', () => undefined)
    this.child.stdin?.end(
      `${JSON.stringify({ socket: options.socket, token: options.token, scratch: options.scratch, python_path: pythonPath })}\n`,
    )
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  kill(): void {
    if (!this.over) this.child.kill('SIGKILL')
  }

  private keep(text: string, onLine: (line: string) => void): void {
    this.output = (this.output + text).slice(-KEPT_OUTPUT_CHARS)
    const lines = (this.unfinishedLine + text).slice(-KEPT_OUTPUT_CHARS).split('\n')
    this.unfinishedLine = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  }

  private lastWords(): string {
    const lines = this.output.trimEnd()
    return lines === '' ? '' : `; it said:\n${lines}`
  }
}
