/**
 * Keeps one parse host alive. A host that dies is started again after a delay that doubles from 0.25 s to 30 s; what it was
 * parsing is parsed again by its successor, but a file under which two hosts died is an import error itself. After
 * RECYCLE_AFTER parses a fresh host takes over, so that whatever a long-lived interpreter gathers has an end.
 */
import type { Timer } from '#runtime/clock.ts'
import {
  HostGone,
  ParseHostProcess,
  type HostInfo,
  type ParseAnswer,
  type ParseHostOptions,
  type ParseRequest,
} from './parseHostProcess.ts'

const RECYCLE_AFTER = 5_000
const FIRST_DELAY_MS = 250
const LONGEST_DELAY_MS = 30_000
const TRIES = 2

export class ParseHosts {
  readonly #options: ParseHostOptions
  readonly #onTrouble: (message: string) => void
  readonly #recycleAfter: number
  #host: ParseHostProcess | null = null
  readonly #retired = new Set<ParseHostProcess>()
  #parsed = 0
  #failures = 0
  #pause: { done: Promise<void>; timer: Timer; end: () => void } | null = null
  #stopped = false

  constructor(options: ParseHostOptions & { onTrouble: (message: string) => void; recycleAfter?: number }) {
    this.#options = options
    this.#onTrouble = options.onTrouble
    this.#recycleAfter = options.recycleAfter ?? RECYCLE_AFTER
  }

  /** Starts a host if none runs. */
  async info(): Promise<HostInfo> {
    return (await this.#current()).ready
  }

  async parse(request: ParseRequest, signal?: AbortSignal): Promise<ParseAnswer> {
    for (let attempt = 1; ; attempt += 1) {
      const host = await this.#current()
      try {
        const answer = await host.parse(request, signal)
        this.#failures = 0
        return answer
      } catch (error) {
        if (!(error instanceof HostGone) || this.#stopped || attempt >= TRIES) throw error
      }
    }
  }

  /** The next parse gets a fresh host: packages were installed, or the old one has served long enough. */
  recycle(): void {
    const host = this.#host
    if (host === null) return
    this.#host = null
    this.#parsed = 0
    this.#retired.add(host)
    this.#endWhenIdle(host)
  }

  #endWhenIdle(host: ParseHostProcess): void {
    if (host.busy > 0 && !this.#stopped) {
      this.#options.clock.after(100, () => this.#endWhenIdle(host))
      return
    }
    void host.stop().then(() => this.#retired.delete(host))
  }

  async #current(): Promise<ParseHostProcess> {
    while (this.#pause !== null) await this.#pause.done
    if (this.#stopped) throw new HostGone('Parsing has been stopped.')
    if (this.#parsed >= this.#recycleAfter) this.recycle()
    this.#parsed += 1
    this.#host ??= this.#start()
    return this.#host
  }

  #start(): ParseHostProcess {
    const host = new ParseHostProcess(this.#options)
    void host.ended.then((error) => {
      if (this.#host !== host) return
      this.#host = null
      this.#parsed = 0
      this.#failures += 1
      const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.#failures - 1))
      this.#onTrouble(`${error.message} Another one starts in ${delay / 1000} s.`)
      this.#holdFor(delay)
    })
    return host
  }

  #holdFor(ms: number): void {
    let end: () => void = () => undefined
    const done = new Promise<void>((resolve) => (end = resolve))
    const finish = (): void => {
      this.#pause = null
      end()
    }
    this.#pause = { done, timer: this.#options.clock.after(ms, finish), end: finish }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#pause?.timer.cancel()
    this.#pause?.end()
    const hosts = [...this.#retired, ...(this.#host === null ? [] : [this.#host])]
    this.#host = null
    await Promise.all(hosts.map((host) => host.stop()))
  }
}
