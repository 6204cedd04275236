/** The server's end of a database thread: calls by method name, answers by number. */
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { StoreUnavailable } from '../../store.ts'
import { fromPlainError, type ThreadCall, type ThreadOptions, type ThreadReply } from './protocol.ts'

export const DATABASE_FILE = 'vortex.db'

/** Where the thread's code is: beside this file as source, beside the bundle as sqliteThread.mjs. */
export function threadEntry(): URL {
  return import.meta.url.endsWith('.ts') ? new URL('./entry.ts', import.meta.url) : new URL('./sqliteThread.mjs', import.meta.url)
}

interface Waiting {
  resolve: (value: never) => void
  reject: (error: Error) => void
}

/**
 * Calls wait in the thread's message queue; each caller awaits its answer, so the queue is as long as there are callers. A thread
 * that dies takes its calls with it (StoreUnavailable); the owner opens a new one.
 */
export class ThreadClient {
  readonly #worker: Worker
  readonly #file: string
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 1
  #dead: Error | null = null

  private constructor(options: ThreadOptions, entry: URL) {
    this.#file = join(options.folder, DATABASE_FILE)
    this.#worker = new Worker(entry, {
      workerData: options,
      execArgv: [],
      name: `sqlite ${options.role}`,
    })
    this.#worker.on('message', (reply: ThreadReply) => this.#settle(reply))
    this.#worker.on('error', (error: unknown) => this.#die(error))
    this.#worker.on('exit', (code) => this.#die(new Error(`the thread ended with code ${code}`)))
  }

  static async open(options: ThreadOptions, entry = threadEntry()): Promise<ThreadClient> {
    const client = new ThreadClient(options, entry)
    try {
      await new Promise<never>((resolve, reject) => client.#waiting.set(0, { resolve, reject }))
    } catch (error) {
      await client.#worker.terminate()
      throw error
    }
    return client
  }

  get isDead(): boolean {
    return this.#dead !== null
  }

  /** Calls so far. */
  get calls(): number {
    return this.#nextId
  }

  /** Calls that have no answer yet. */
  get load(): number {
    return this.#waiting.size
  }

  call<R>(method: string, p: unknown): Promise<R> {
    if (this.#dead !== null) return Promise.reject(this.#dead)
    return new Promise<R>((resolve, reject) => {
      const id = this.#nextId++
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject })
      const call: ThreadCall = { id, method, p }
      this.#worker.postMessage(call)
    })
  }

  async close(): Promise<void> {
    if (this.#dead !== null) return
    await this.call('close', null)
    this.#dead = new StoreUnavailable('the store is closed')
    await this.#worker.terminate()
  }

  #settle(reply: ThreadReply): void {
    const waiting = this.#waiting.get(reply.id)
    if (waiting === undefined) return
    this.#waiting.delete(reply.id)
    if (reply.ok) waiting.resolve(reply.value as never)
    else waiting.reject(fromPlainError(reply.error, this.#file))
  }

  #die(cause: unknown): void {
    this.#dead ??= new StoreUnavailable(`${this.#file}: the database thread ended unexpectedly`, { cause })
    for (const { reject } of this.#waiting.values()) reject(this.#dead)
    this.#waiting.clear()
  }
}
