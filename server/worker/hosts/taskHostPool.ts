/**
 * Task hosts: one per (bundle, DAG file), forked by the zygote when the first attempt asks for it. Trigger hosts are kept in the same way:
 * one per DAG file whose classes are triggers, and one without a file for those of VORTEX.
 *
 * States: starting (the import runs) -> ready (attempts go to it) -> gone. An import that leaves threads or sockets behind makes the
 * host end itself; a clean one takes its place and the queue (see python/vortex/host/task_host.py).
 * Limits: an import may take import_timeout_ms; a host without attempts ends after host_idle_ms, or earlier, the longest idle first,
 * when hosts_max is reached. Busy task hosts are never ended for the limit: that many DAG files are in use.
 * Trigger hosts are busy for days, so they take turns (docs/decisions/0008): beyond trigger_hosts_max the triggers of further DAG files
 * wait in a line, and each trigger_turn_ms as many of the oldest hosts as are waited for give their triggers back.
 */
import type { Clock, Timer } from '#runtime/clock.ts'
import type { HeldAttempt } from './attemptTable.ts'
import type { HostLink, HostMessage } from './hostLink.ts'
import type { HostServer } from './hostServer.ts'

/** How long after a lost connection the zygote may tell how the host ended, or after these words the connection may come. */
const EXIT_WORDS_MS = 500

export const CROWDED =
  'Triggers of more DAG files than this worker has trigger hosts for: they take turns of a minute. More workers, or triggers of VORTEX, end that.'

export interface TaskHostLimits {
  hosts_max: number
  host_idle_ms: number
  import_timeout_ms: number
  /** Those of VORTEX's own triggers are not counted. */
  trigger_hosts_max: number
  trigger_turn_ms: number
}

export interface TaskHostPoolOptions {
  server: HostServer
  clock: Clock
  limits: TaskHostLimits
  zygote(): HostLink | null
  send(held: HeldAttempt, link: HostLink): void
  /** Frames of a ready host that are about attempts. */
  attemptMessage(message: HostMessage): void
  attemptLog(number: number, bytes: Uint8Array): void
  linkUp(link: HostLink): void
  /** A ready host died. */
  linkDown(link: HostLink, words: string): void
  /** All that this host has is to be ended, for the engine to give it again. */
  giveWay(link: HostLink): void
  /** A line begins. */
  crowded(): void
  importFailed(held: HeldAttempt, failure: { pid: number; reason: string; traceback: string }): void
}

/** What a host is for. */
interface HostPlace {
  mode: 'task' | 'trigger'
  key: string
  root: string
  file: string
  clean: boolean
}

interface TaskHost extends HostPlace {
  id: number
  /** When its import was done; before that, it has not had its turn. */
  loaded_at: number
  /** It gets nothing more, and ends when its triggers have. */
  givesWay: boolean
  token: string
  link: HostLink | null
  ready: boolean
  gone: boolean
  pid: number
  exit_words: string
  /** Attempts that wait for the import. */
  queue: HeldAttempt[]
  active: number
  used_at: number
  /** While it starts: the limit of its import. After: the look whether it is idle. */
  timer: Timer | null
}

export class TaskHostPool {
  private readonly options: TaskHostPoolOptions
  private readonly byKey = new Map<string, TaskHost>()
  private readonly byId = new Map<number, TaskHost>()
  private readonly byLink = new Map<HostLink, TaskHost>()
  /** DAG files that must not be forked after their import. Forgotten oldest first. */
  private readonly hazards = new Set<string>()
  /** Triggers that wait for a host, by its key. */
  private readonly line = new Map<string, { place: HostPlace; held: HeldAttempt[] }>()
  private turnTimer: Timer | null = null
  private lastId = 0

  constructor(options: TaskHostPoolOptions) {
    this.options = options
  }

  /** `group`: attempts of a DAG file share a host if they agree in it. */
  run(held: HeldAttempt, group = ''): void {
    const { kind, bundle_hash, bundle_root, dag_file } = held.start
    const mode = kind === 'trigger' ? 'trigger' : 'task'
    const key = `${mode}\0${bundle_hash}\0${dag_file}\0${group}`
    const place: HostPlace = { mode, key, root: bundle_root, file: dag_file, clean: this.hazards.has(key) }
    const host = this.byKey.get(key)
    if (host === undefined && isCounted(place) && !this.hasRoom()) this.lineUp(place, held)
    else this.give(host ?? this.create(place), held)
  }

  private give(host: TaskHost, held: HeldAttempt): void {
    host.used_at = this.options.clock.monotonic()
    host.active += 1
    if (host.ready && host.link !== null) this.options.send(held, host.link)
    else host.queue.push(held)
  }

  /** An attempt that this pool was given has ended. */
  finished(held: HeldAttempt): void {
    const host = held.link === null ? undefined : this.byLink.get(held.link)
    if (host !== undefined) this.release(host)
  }

  /** Takes an attempt that still waits out of its queue. */
  cancel(held: HeldAttempt): boolean {
    for (const [key, waiting] of this.line) {
      const at = waiting.held.indexOf(held)
      if (at === -1) continue
      waiting.held.splice(at, 1)
      if (waiting.held.length === 0) this.line.delete(key)
      return true
    }
    for (const host of this.byKey.values()) {
      const at = host.queue.indexOf(held)
      if (at === -1) continue
      host.queue.splice(at, 1)
      this.release(host)
      return true
    }
    return false
  }

  /** A new zygote is there: hosts that were being started died with the old one. */
  zygoteUp(): void {
    for (const host of [...this.byId.values()]) if (!host.ready && host.link === null) this.fork(host)
  }

  zygoteDown(): void {
    for (const host of [...this.byId.values()]) {
      if (host.ready) continue
      if (host.link !== null) this.byLink.delete(host.link)
      host.link?.close()
      host.link = null
      this.byId.delete(host.id)
      this.rename(host)
    }
  }

  onHostExit(message: HostMessage): void {
    const host = this.byId.get(message['host'] as number)
    if (host === undefined) return
    // One that was killed for its time "was killed by signal 9"; why says more.
    if (host.exit_words === '') host.exit_words = String(message['words'])
    // Its connection, with what it said last, may wait behind these words.
    if (host.link === null) this.lostSoon(host)
    else if (!host.link.isOpen) this.lost(host)
  }

  killHost(link: HostLink): void {
    const host = this.byLink.get(link)
    if (host !== undefined) this.options.zygote()?.send({ t: 'kill_host', host: host.id })
  }

  links(): HostLink[] {
    return [...this.byLink.keys()]
  }

  /** Nobody waits for a host any more. */
  stopTurns(): void {
    this.turnTimer?.cancel()
    this.line.clear()
  }

  /** Timers only: hosts are told to stop by whoever holds their links. */
  stop(): void {
    for (const host of [...this.byId.values()]) this.drop(host)
  }

  private create(p: HostPlace): TaskHost {
    if (p.mode === 'task') this.makeRoom()
    const host: TaskHost = {
      ...p,
      id: 0,
      loaded_at: 0,
      givesWay: false,
      token: '',
      link: null,
      ready: false,
      gone: false,
      pid: 0,
      exit_words: '',
      queue: [],
      active: 0,
      used_at: 0,
      timer: null,
    }
    this.byKey.set(p.key, host)
    this.rename(host)
    this.fork(host)
    return host
  }

  /** A number of its own for each process, so that the end of an old one is never taken for the end of the new. */
  private rename(host: TaskHost): void {
    this.lastId += 1
    host.id = this.lastId
    host.exit_words = ''
    this.byId.set(host.id, host)
  }

  private fork(host: TaskHost): void {
    const zygote = this.options.zygote()
    if (zygote === null) return
    this.options.server.forget(host.token)
    const id = host.id
    host.token = this.options.server.expect((link) => this.connected(host, link))
    zygote.send({ t: 'host', host: id, token: host.token, mode: host.mode, root: host.root, file: host.file, clean: host.clean })
    const limit = this.options.limits.import_timeout_ms
    host.timer?.cancel()
    host.timer = this.options.clock.after(limit, () => {
      if (host.ready || host.gone || host.id !== id) return
      host.exit_words = `took longer than ${limit / 1000} s`
      this.options.zygote()?.send({ t: 'kill_host', host: id })
    })
  }

  private connected(host: TaskHost, link: HostLink): void {
    if (host.gone) return link.close()
    host.link = link
    host.pid = link.pid
    this.byLink.set(link, host)
    this.options.linkUp(link)
    link.events = {
      message: (message) => this.onMessage(host, message),
      log: (number, bytes) => this.options.attemptLog(number, bytes),
      closed: () => {
        this.byLink.delete(link)
        if (host.link === link) this.closed(host, link)
      },
    }
  }

  private onMessage(host: TaskHost, message: HostMessage): void {
    if (message.t === 'loaded') {
      host.ready = true
      host.loaded_at = this.options.clock.monotonic()
      host.timer?.cancel()
      this.watchIdle(host, this.options.limits.host_idle_ms)
      for (const held of host.queue.splice(0)) if (host.link !== null) this.options.send(held, host.link)
    } else if (message.t === 'import_failed') {
      this.failImport(host, { reason: String(message['reason']), traceback: String(message['traceback']) })
    } else if (message.t === 'hazard') {
      this.replaceByClean(host)
    } else this.options.attemptMessage(message)
  }

  private replaceByClean(host: TaskHost): void {
    if (this.hazards.size >= 1_000) this.hazards.delete([...this.hazards][0] ?? '')
    this.hazards.add(host.key)
    this.drop(host)
    const clean = this.create({ mode: host.mode, key: host.key, root: host.root, file: host.file, clean: true })
    clean.queue = host.queue.splice(0)
    clean.active = clean.queue.length
    clean.used_at = this.options.clock.monotonic()
  }

  private closed(host: TaskHost, link: HostLink): void {
    if (host.gone) return
    if (host.ready) {
      this.drop(host)
      this.options.linkDown(link, 'ended unexpectedly')
    } else if (host.exit_words !== '') this.lost(host)
    else this.lostSoon(host)
  }

  /** Unless what is still under way says more. */
  private lostSoon(host: TaskHost): void {
    const { id, link } = host
    host.timer?.cancel()
    host.timer = this.options.clock.after(EXIT_WORDS_MS, () => {
      if (!host.gone && host.id === id && host.link === link) this.lost(host)
    })
  }

  /** A host that ended before its import did. */
  private lost(host: TaskHost): void {
    if (host.gone || host.ready) return
    const words = host.exit_words === '' ? 'ended its process' : host.exit_words
    this.failImport(host, { reason: `the DAG file could not be imported: the import of ${host.file} ${words}`, traceback: '' })
  }

  private failImport(host: TaskHost, failure: { reason: string; traceback: string }): void {
    this.drop(host)
    for (const held of host.queue.splice(0)) this.options.importFailed(held, { pid: host.pid, ...failure })
  }

  private drop(host: TaskHost): void {
    host.gone = true
    host.timer?.cancel()
    this.options.server.forget(host.token)
    this.byId.delete(host.id)
    if (this.byKey.get(host.key) === host) this.byKey.delete(host.key)
    // One that is replaced has its successor by then.
    if (isCounted(host)) queueMicrotask(() => this.admit())
  }

  private release(host: TaskHost): void {
    host.active -= 1
    host.used_at = this.options.clock.monotonic()
    if (host.active === 0 && host.ready && (host.givesWay || (isCounted(host) && this.line.size > 0))) this.evict(host)
  }

  /** One timer for each host, not one for each attempt: it looks again when the host may have been idle long enough. */
  private watchIdle(host: TaskHost, ms: number): void {
    host.timer = this.options.clock.after(ms, () => {
      const idle = host.active > 0 ? 0 : this.options.clock.monotonic() - host.used_at
      const left = this.options.limits.host_idle_ms - idle
      if (left <= 1) this.evict(host)
      else this.watchIdle(host, left)
    })
  }

  private makeRoom(): void {
    const hosts = [...this.byKey.values()].filter(({ mode }) => mode === 'task')
    if (hosts.length >= this.options.limits.hosts_max) this.evictIdle(hosts)
  }

  /** The one that is idle for the longest time. False = each of them is busy. */
  private evictIdle(hosts: TaskHost[]): boolean {
    const idle = hosts.filter((host) => host.active === 0 && host.ready).toSorted((a, b) => a.used_at - b.used_at)[0]
    if (idle === undefined) return false
    this.evict(idle)
    return true
  }

  // Turns of trigger hosts.

  private hasRoom(): boolean {
    const hosts = [...this.byId.values()].filter(isCounted)
    return hosts.length < this.options.limits.trigger_hosts_max || this.evictIdle(hosts)
  }

  private lineUp(place: HostPlace, held: HeldAttempt): void {
    if (this.line.size === 0) this.options.crowded()
    const waiting = this.line.get(place.key) ?? { place, held: [] }
    waiting.held.push(held)
    this.line.set(place.key, waiting)
    this.turnTimer ??= this.options.clock.after(this.options.limits.trigger_turn_ms, () => this.turn())
  }

  private admit(): void {
    for (const [key, { place, held }] of this.line) {
      if (!this.hasRoom()) return
      this.line.delete(key)
      const host = this.byKey.get(key) ?? this.create(place)
      for (const one of held) this.give(host, one)
    }
  }

  private turn(): void {
    this.turnTimer = null
    if (this.line.size === 0) return
    const { trigger_turn_ms } = this.options.limits
    const loaded_before = this.options.clock.monotonic() - trigger_turn_ms
    const hosts = [...this.byId.values()].filter(
      (host) => isCounted(host) && host.ready && !host.givesWay && host.loaded_at <= loaded_before,
    )
    for (const host of hosts.toSorted((a, b) => a.loaded_at - b.loaded_at).slice(0, this.line.size)) {
      host.givesWay = true
      this.byKey.delete(host.key)
      if (host.link !== null) this.options.giveWay(host.link)
    }
    this.turnTimer = this.options.clock.after(trigger_turn_ms, () => this.turn())
  }

  private evict(host: TaskHost): void {
    if (host.gone) return
    this.drop(host)
    host.link?.send({ t: 'stop' })
  }
}

/** Those of VORTEX's own triggers are few, and never wait. */
function isCounted({ mode, file }: HostPlace): boolean {
  return mode === 'trigger' && file !== ''
}
