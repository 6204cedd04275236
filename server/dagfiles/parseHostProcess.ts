/**
 * The only place that starts Python for parsing: one host process, which forks a child per DAG file
 * (python/vortex/loading/parse_host.py). It never starts again by itself; `parseHosts.ts` keeps one alive.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import type { Clock } from '#runtime/clock.ts'
import type { ParseResult } from '#contract/dagSpec.ts'
import { encodeFrame, FrameReader } from './frames.ts'
import type { ImportQuestions } from './importQuestions.ts'

/** Interpreter start with imports takes 0.2 s; a cold disk or an emulated CPU a hundred times that. */
const START_TIMEOUT_MS = 60_000
/** Kept of the host's own error output, for the message when it dies. */
const STDERR_KEPT = 16 * 1024
const STOP_GRACE_MS = 2_000
/** Room that children overwrite with their mark: MARK_WIDTH of python/vortex/host/linux.py. */
const MARK_WIDTH = 64

/** The host died under a parse; nothing is known of the file. */
export class HostGone extends Error {
  override readonly name = 'HostGone'
}

export interface ParseRequest {
  root: string
  file: string
  compat: string
  limits?: Record<string, number>
  /** Number of the look at the folder: listings of data files are shared among parses of one look. */
  generation: number
  /** Unsaved text in place of the file's. */
  source?: string
}
export interface ParseAnswer {
  result: ParseResult
  /** What the import printed, at most 64 KiB. */
  output: string
}
export interface HostInfo {
  python: string
  executable: string
  pid: number
  /** Folders of installed packages: what changes there may mend an import. */
  site_packages: string[]
}
interface Failure {
  kind: string
  message: string
  traceback?: string
  line?: number | null
  duration_ms?: number
}
interface Waiting {
  file: string
  resolve(answer: ParseAnswer): void
  reject(error: Error): void
}
type HostFrame =
  | ({ type: 'ready' } & HostInfo)
  | { type: 'request'; id: number; request_id: number; method: string; params: Record<string, unknown> }
  | { type: 'result'; id: number; result: ParseResult | null; failure: Failure | null; output: string }

export interface ParseHostOptions {
  executable: string
  environment: Readonly<Record<string, string>>
  parallel: number
  clock: Clock
  questions: ImportQuestions
}

export class ParseHostProcess {
  readonly #options: ParseHostOptions
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  readonly #reader = new FrameReader()
  readonly #words: string[] = []
  #next = 1
  /** Resolves once it answers; rejects with the host's own words if it cannot start. */
  readonly ready: Promise<HostInfo>
  /** Resolves with the reason when the process has ended. */
  readonly ended: Promise<HostGone>

  constructor(options: ParseHostOptions) {
    this.#options = options
    const { executable, environment, parallel, clock } = options
    // In the root folder: what lies where the server was started must not be importable by chance.
    this.#child = spawn(executable, ['-m', 'vortex.loading.parse_host', '--parallel', String(parallel)], {
      env: { ...environment, VORTEX_ATTEMPT_ID: ' '.repeat(MARK_WIDTH) },
      stdio: ['pipe', 'pipe', 'pipe'],
      cwd: '/',
      windowsHide: true,
    })
    this.#child.stderr?.on('data', (chunk: Buffer) => this.#hear(chunk.toString('utf8')))
    // A write to a host that has just died; its end says so.
    this.#child.stdin?.on('error', () => undefined)
    this.ended = this.#watchEnd()
    const timer = clock.after(START_TIMEOUT_MS, () => this.#child.kill('SIGKILL'))
    this.ready = new Promise((resolve, reject) => {
      void this.ended.then((error) => {
        timer.cancel()
        reject(error)
      })
      this.#child.stdout?.on('data', (chunk: Buffer) => {
        this.#read(chunk, (info) => {
          timer.cancel()
          resolve(info)
        })
      })
    })
    this.ready.catch(() => undefined)
  }

  get busy(): number {
    return this.#waiting.size
  }

  /** At most `parallel` run at once; more wait in the host. Rejects with HostGone. `signal` ends it; the answer then says so. */
  async parse(request: ParseRequest, signal?: AbortSignal): Promise<ParseAnswer> {
    await this.ready
    const id = this.#next
    this.#next += 1
    const cancel = (): void => void this.#child.stdin?.write(encodeFrame({ type: 'cancel', id }))
    const answer = this.#send(id, request)
    // The frame of the request goes first, so that the host knows what is cancelled.
    if (signal?.aborted === true) cancel()
    else signal?.addEventListener('abort', cancel)
    return answer.finally(() => signal?.removeEventListener('abort', cancel))
  }

  #send(id: number, request: ParseRequest): Promise<ParseAnswer> {
    return new Promise<ParseAnswer>((resolve, reject) => {
      this.#waiting.set(id, { file: request.file, resolve, reject })
      this.#child.stdin?.write(encodeFrame({ limits: {}, ...request, id }))
    })
  }

  #read(chunk: Buffer, onReady: (info: HostInfo) => void): void {
    try {
      for (const frame of this.#reader.feed(chunk) as HostFrame[]) {
        if (frame.type === 'ready') onReady(frame)
        else if (frame.type === 'request') this.#answer(frame)
        else this.#finish(frame)
      }
    } catch (error) {
      this.#hear(`sent what is no frame: ${String(error)}\n`)
      this.#child.kill('SIGKILL')
    }
  }

  #finish(frame: Extract<HostFrame, { type: 'result' }>): void {
    const waiting = this.#waiting.get(frame.id)
    this.#waiting.delete(frame.id)
    waiting?.resolve({ result: frame.result ?? failedResult(waiting.file, frame.failure), output: frame.output })
  }

  #answer(frame: Extract<HostFrame, { type: 'request' }>): void {
    const respond = (answer: object): void =>
      void this.#child.stdin?.write(encodeFrame({ type: 'response', id: frame.id, request_id: frame.request_id, ...answer }))
    const { variable, connection, schedule } = this.#options.questions
    const asked: Record<string, (params: Record<string, unknown>) => Promise<object | null>> = {
      ...schedule,
      'variable.get': async () => {
        const value = await variable(String(frame.params['key']))
        return value === null ? null : { value }
      },
      'connection.get': async () => {
        const found = await connection(String(frame.params['conn_id']))
        return found === null ? null : { connection: found }
      },
    }
    const answer = Object.hasOwn(asked, frame.method) ? asked[frame.method] : undefined
    if (answer === undefined) return respond({ error: `${frame.method} is not possible while a DAG file is loaded` })
    answer(frame.params).then(
      (result) => respond({ result }),
      (error: unknown) => respond({ error: error instanceof Error ? error.message : String(error) }),
    )
  }

  #hear(text: string): void {
    this.#words.push(text)
    while (this.#words.length > 1 && this.#words.reduce((sum, word) => sum + word.length, 0) > STDERR_KEPT) this.#words.shift()
  }

  #watchEnd(): Promise<HostGone> {
    return new Promise((resolve) => {
      const end = (reason: string): void => {
        const words = this.#words.join('').trim().slice(-2000)
        const error = new HostGone(`The parse host ${reason}.${words === '' ? '' : ` Its last words:\n${words}`}`)
        const lost = [...this.#waiting.values()]
        this.#waiting.clear()
        for (const waiting of lost) waiting.reject(error)
        resolve(error)
      }
      this.#child.on('error', (error) => end(`could not be started with ${this.#options.executable}: ${error.message}`))
      this.#child.on('close', (code, signal) => end(signal === null ? `ended with code ${code ?? '?'}` : `was ended by ${signal}`))
    })
  }

  /** Ends the process and whatever it parses. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.#child.stdin?.end()
    const timer = this.#options.clock.after(STOP_GRACE_MS, () => this.#child.kill('SIGKILL'))
    await this.ended
    timer.cancel()
  }
}

function failedResult(file: string, failure: Failure | null): ParseResult {
  return {
    file,
    dags: [],
    error: {
      kind: failure?.kind ?? 'crash',
      message: failure?.message ?? 'The parse host gave no answer.',
      traceback: failure?.traceback ?? '',
      line: failure?.line ?? null,
    },
    bundle_files: [],
    inputs: { files: [], variables: [], connections: [], environment: [] },
    duration_ms: failure?.duration_ms ?? 0,
    fork_hazard: null,
  }
}
