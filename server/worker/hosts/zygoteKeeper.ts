/**
 * Keeps one zygote connected. When it dies a new one is started, ever more slowly; task hosts outlive it. Messages for a zygote that
 * is not there are for the caller to keep: `link` is null then, and `onUp` says when it is back.
 */
import type { Clock, Timer } from '#runtime/clock.ts'
import type { HostLink, HostLinkEvents } from './hostLink.ts'
import type { HostServer } from './hostServer.ts'
import { ZygoteProcess } from './zygoteProcess.ts'

/** A cold interpreter on a loaded machine needs seconds; beyond this something hangs. */
const CONNECT_LIMIT_MS = 30_000
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 5_000
/** The socket of a dead process closes at once, when what was in it is read. */
const LAST_FRAME_MS = 1_000
/** After this many failures in a row waiting attempts are failed rather than kept. Restarts go on. */
const FAILURES_BEFORE_GIVING_UP = 4

export interface ZygoteKeeperOptions {
  server: HostServer
  clock: Clock
  python: string
  python_path: string
  env: Record<string, string>
  events: HostLinkEvents
  onUp(link: HostLink): void
  /** The zygote ended; its attempts are the caller's to clean up. */
  onDown(link: HostLink, words: string): void
  /** It can't be started: what waits for it should fail with these words. */
  onHopeless(words: string): void
  onLine(line: string): void
}

export class ZygoteKeeper {
  link: HostLink | null = null
  private readonly options: ZygoteKeeperOptions
  private process: ZygoteProcess | null = null
  private timer: Timer | null = null
  private failures = 0
  private stopped = false

  constructor(options: ZygoteKeeperOptions) {
    this.options = options
  }

  start(): void {
    const { server, clock } = this.options
    let link: HostLink | null = null
    const token = server.expect((connected) => {
      limit.cancel()
      link = connected
      connected.events = this.options.events
      this.link = connected
      this.failures = 0
      this.options.onUp(connected)
    })
    let late = ''
    const started = new ZygoteProcess({
      python: this.options.python,
      python_path: this.options.python_path,
      env: this.options.env,
      socket: server.socketPath,
      token,
      scratch: server.scratch,
      onLine: this.options.onLine,
      onExit: (words) => {
        limit.cancel()
        server.forget(token)
        this.onExit(link, late || words)
      },
    })
    const limit = clock.after(CONNECT_LIMIT_MS, () => {
      late = `did not connect within ${CONNECT_LIMIT_MS / 1000} s`
      started.kill()
    })
    this.process = started
  }

  /** Ends it and waits. It has nothing left to kill when its attempts ended before. */
  stop(): void {
    this.stopped = true
    this.timer?.cancel()
    this.process?.kill()
  }

  private onExit(link: HostLink | null, words: string): void {
    this.link = null
    if (link !== null) this.afterLastFrame(link, () => this.options.onDown(link, words))
    if (this.stopped) return
    this.failures += 1
    if (this.failures >= FAILURES_BEFORE_GIVING_UP || (link === null && this.failures === 1)) {
      this.options.onHopeless(
        `The Python host process ${words}\nThe interpreter is ${this.options.python}; set VORTEX_PYTHON to another one.`,
      )
    }
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** (this.failures - 1), LONGEST_PAUSE_MS)
    this.timer = this.options.clock.after(pause, () => this.start())
  }

  /** What the zygote still said before it died is heard first: an attempt that ended well stays ended well. */
  private afterLastFrame(link: HostLink, then: () => void): void {
    const limit = this.options.clock.after(LAST_FRAME_MS, () => link.close())
    link.whenClosed(() => {
      limit.cancel()
      then()
    })
  }
}
