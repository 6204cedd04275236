/**
 * Runs attempts in processes: the implementation of AttemptRunner.
 *
 * Purpose. The worker's event loop must never wait for a fork and must never hold what keeps an attempt alive. So it starts one Python
 * process, the zygote, and that starts everything else: bash commands by posix_spawn, task hosts by fork (python/vortex/host).
 * This file is their switchboard: attempts out, events in.
 *
 * States of an attempt here: waiting (for the zygote, or for the import of its DAG file) -> sent to a host -> ended.
 *
 * Invariants
 * - `ended` comes exactly once, and when it comes no process of the attempt is alive.
 * - Every host knows the current lease; one that connects later is told first.
 *
 * Failures
 * - A host dies: what its attempts left is killed by mark and session, then they end with reason_code `host_died`.
 * - The zygote dies: the same for bash attempts; task hosts go on; a new zygote is started.
 * - This process dies: hosts see their socket close and kill all their trees. If the zygote dies in the same moment, nobody watches
 *   the bash attempts: the next worker of this folder kills them before it connects (leftProcesses.ts).
 * - This process hangs: the lease ends in the hosts.
 */
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import type { Clock } from '#runtime/clock.ts'
import type { AttemptRef } from '#scheduler/ports.ts'
import type { AttemptEnd, AttemptListener, AttemptRunner, AttemptStart } from '../runner.ts'
import { AttemptTable } from './attemptTable.ts'
import type { HeldAttempt } from './attemptTable.ts'
import { attemptVariables, environmentForHosts } from './environment.ts'
import type { HostLink, HostMessage } from './hostLink.ts'
import { HostServer } from './hostServer.ts'
import { asObject, parseJson } from './jobDocument.ts'
import { endLeftProcesses, recordHosts } from './leftProcesses.ts'
import { OverdueKills } from './overdueKills.ts'
import { killAttempts } from './processTree.ts'
import { CROWDED, TaskHostPool } from './taskHostPool.ts'
import type { TaskHostLimits } from './taskHostPool.ts'
import { TriggerDeaths } from './triggerDeaths.ts'
import { ZygoteKeeper } from './zygoteKeeper.ts'

export interface HostRunnerOptions {
  listener: AttemptListener
  clock: Clock
  /** The user's interpreter. */
  python: string
  /** Folder that holds the package `vortex`. */
  python_path: string
  /** The worker's environment; what attempts must not see is taken out. */
  env: Readonly<Record<string, string | undefined>>
  /** The worker's folder, where each worker finds what a dead one before it left; without it nothing is looked for. */
  folder?: string
  /** Parent of the private folder for socket and temporary folders; default: the system's. */
  temp_dir?: string
  limits?: Partial<TaskHostLimits>
  /** What the hosts print of themselves, line by line. */
  onLine?: (line: string) => void
}

export interface HostRunner extends AttemptRunner {
  /** Back-pressure: while paused, hosts stop reading output, so tasks that print wait. Everything else goes on. */
  setLogFlow(p: { paused: boolean }): void
}

/** 16 idle hosts hold about 16 x 30 MB at most; import_timeout_ms is above Airflow's 30 s for parsing: a worker may be busier. */
const DEFAULT_LIMITS: TaskHostLimits = {
  hosts_max: 16,
  host_idle_ms: 10 * 60_000,
  import_timeout_ms: 60_000,
  trigger_hosts_max: 32,
  trigger_turn_ms: 60_000,
}

const DEFAULT_GRACE_MS = 10_000
/** Of a trigger that goes on elsewhere. */
const CLEANUP_MS = 2_000
/** Hosts KILL at once when told to stop; longer means that one hangs, and then it is killed itself. */
const STOP_LIMIT_MS = 5_000

export function createHostRunner(options: HostRunnerOptions): HostRunner {
  return new ProcessHosts(options)
}

class ProcessHosts implements HostRunner {
  private readonly options: HostRunnerOptions
  private readonly server = new HostServer()
  private readonly table: AttemptTable
  private readonly pool: TaskHostPool
  private readonly keeper: ZygoteKeeper
  /** Bash attempts that came while there was no zygote. The session bounds them: it holds no more than the worker's capacity. */
  private readonly waiting = new Set<HeldAttempt>()
  private readonly cleanups = new Set<Promise<void>>()
  private readonly deaths = new TriggerDeaths()
  private readonly kills: OverdueKills
  /** Trigger hosts that this worker killed, because they did not answer. */
  private readonly unheard = new Set<HostLink>()
  private lease: { valid_ms: number | null; sent_at_ms: number } | null = null
  private logPaused = false
  private state: 'new' | 'running' | 'stopped' = 'new'
  private readonly nonce = randomBytes(4).toString('hex')
  private forgetHosts: () => Promise<void> = () => Promise.resolve()
  private onFirstUp: { resolve(): void; reject(error: Error): void } | null = null

  constructor(options: HostRunnerOptions) {
    this.options = options
    this.table = new AttemptTable({ listener: options.listener, nonce: this.nonce })
    this.kills = new OverdueKills({ clock: options.clock, onOverdue: (link) => this.onUnheard(link) })
    const onMessage = (message: HostMessage): void => this.onAttemptMessage(message)
    const onLog = (number: number, bytes: Uint8Array): void => this.table.onLog(number, bytes)
    this.pool = new TaskHostPool({
      server: this.server,
      clock: options.clock,
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      zygote: () => this.keeper.link,
      send: (held, link) => (held.start.kind === 'trigger' ? this.sendTrigger(held, link) : this.sendPython(held, link)),
      attemptMessage: onMessage,
      attemptLog: onLog,
      linkUp: (link) => this.introduce(link),
      linkDown: (link, words) => this.onLinkDown(link, `the host process of its DAG file ${words}`),
      giveWay: (link) => this.giveWay(link),
      crowded: () => options.onLine?.(CROWDED),
      importFailed: (held, failure) => this.onImportFailed(held, failure),
    })
    this.keeper = new ZygoteKeeper({
      server: this.server,
      clock: options.clock,
      python: options.python,
      python_path: options.python_path,
      env: environmentForHosts(options.env, options.folder),
      events: {
        message: (message) => (message.t === 'host_exit' ? this.pool.onHostExit(message) : onMessage(message)),
        log: onLog,
        closed: () => undefined,
      },
      onUp: (link) => this.onZygoteUp(link),
      onDown: (link, words) => {
        this.pool.zygoteDown()
        this.onLinkDown(link, `the process that had started it ${words.split('\n')[0]}`)
      },
      onHopeless: (words) => this.onHopeless(words),
      onLine: options.onLine ?? ((): void => undefined),
    })
  }

  async start(): Promise<void> {
    if (this.state !== 'new') throw new Error('A host runner starts once.')
    this.state = 'running'
    await this.server.listen(this.options.temp_dir ?? tmpdir())
    await mkdir(this.server.scratch, { mode: 0o700 })
    await this.endEarlier()
    await new Promise<void>((resolve, reject) => {
      this.onFirstUp = { resolve, reject }
      this.keeper.start()
    })
  }

  run(attempt: AttemptStart): void {
    const held = this.table.add(attempt)
    if (this.state !== 'running') this.table.end(held, { outcome: 'killed', reason: 'the worker stops', reason_code: 'killed' })
    else if (attempt.kind === 'trigger') this.pool.run(held, this.deaths.groupOf(attempt.ref))
    else if (attempt.bash === null) this.pool.run(held)
    else if (this.keeper.link !== null && this.keeper.link.isOpen) this.sendBash(held, this.keeper.link)
    else this.waiting.add(held)
  }

  respond(ref: AttemptRef, p: { id: number; result_json: string; error_code: string; error_message: string }): void {
    const held = this.table.find(ref)
    if (held === undefined || held.link === null) return
    const answer = { t: 'respond', n: held.number, id: p.id, error_code: p.error_code, error_message: p.error_message }
    const result = parseJson(p.result_json === '' ? 'null' : p.result_json)
    if (result.ok) held.link.send({ ...answer, result: result.value })
    else
      held.link.send({
        ...answer,
        result: null,
        error_code: 'internal',
        error_message: `The answer to this question is not JSON: ${result.message}`,
      })
  }

  kill(ref: AttemptRef, p: { reason: string; grace_ms?: number }): void {
    const held = this.table.find(ref)
    if (held === undefined) return
    if (held.link !== null) {
      const grace_ms = p.grace_ms ?? DEFAULT_GRACE_MS
      held.link.send({ t: 'kill', n: held.number, reason: p.reason, grace_ms })
      if (held.start.kind === 'trigger') this.kills.told(held, { link: held.link, grace_ms })
      return
    }
    this.waiting.delete(held)
    this.pool.cancel(held)
    this.table.end(held, { outcome: 'killed', reason: p.reason, reason_code: 'killed' })
  }

  renewLease(p: { valid_ms: number | null }): void {
    // Monotonic milliseconds of the machine, not of this process: on Linux the hosts read the same clock, so time that this message
    // spends under way is not given away.
    this.lease = { valid_ms: p.valid_ms, sent_at_ms: Number(process.hrtime.bigint() / 1_000n) / 1_000 }
    for (const link of this.links()) this.sendLease(link)
  }

  setLogFlow(p: { paused: boolean }): void {
    if (p.paused === this.logPaused) return
    this.logPaused = p.paused
    for (const link of this.links()) link.send({ t: 'flow', paused: p.paused })
  }

  async stop(): Promise<void> {
    if (this.state !== 'running') {
      this.state = 'stopped'
      return
    }
    this.state = 'stopped'
    this.pool.stopTurns()
    for (const held of this.table.all()) {
      if (held.link === null) this.table.end(held, { outcome: 'killed', reason: 'the worker stops', reason_code: 'killed' })
    }
    const links = this.links()
    for (const link of links) link.send({ t: 'stop' })
    const closed = links.map((link) => new Promise<void>((resolve) => link.whenClosed(resolve)))
    await new Promise<void>((resolve) => {
      const limit = this.options.clock.after(STOP_LIMIT_MS, resolve)
      void Promise.all(closed).then(() => {
        limit.cancel()
        resolve()
      })
    })
    this.pool.stop()
    this.keeper.stop()
    for (const link of links) if (link.isOpen) link.close()
    await Promise.all(this.cleanups)
    await this.server.close()
    await this.forgetHosts()
  }

  private async endEarlier(): Promise<void> {
    const { folder, clock, onLine = (): void => undefined } = this.options
    if (folder === undefined) return
    await endLeftProcesses({ folder, clock, onLine })
    this.forgetHosts = await recordHosts(folder, { nonce: this.nonce, temp_folder: this.server.folder })
  }

  private links(): HostLink[] {
    return this.keeper.link === null ? this.pool.links() : [this.keeper.link, ...this.pool.links()]
  }

  private introduce(link: HostLink): void {
    this.sendLease(link)
    if (this.logPaused) link.send({ t: 'flow', paused: true })
  }

  private sendLease(link: HostLink): void {
    if (this.lease !== null) link.send({ t: 'lease', ...this.lease })
  }

  private onZygoteUp(link: HostLink): void {
    this.introduce(link)
    this.onFirstUp?.resolve()
    this.onFirstUp = null
    this.pool.zygoteUp()
    for (const held of this.waiting) this.sendBash(held, link)
    this.waiting.clear()
  }

  private onHopeless(words: string): void {
    if (this.onFirstUp !== null) {
      this.keeper.stop()
      this.onFirstUp.reject(new Error(words))
      this.onFirstUp = null
      return
    }
    for (const held of this.table.all()) if (held.link === null) this.failUnstarted(held, { reason: words, reason_code: 'host_died' })
  }

  private failUnstarted(held: HeldAttempt, end: { reason: string; reason_code: string }): void {
    this.waiting.delete(held)
    this.pool.cancel(held)
    this.table.end(held, end)
  }

  private sendBash(held: HeldAttempt, link: HostLink): void {
    const { bash } = held.start
    const job = parseJson(held.start.job_json === '' ? '{}' : held.start.job_json)
    if (bash === null) return
    held.link = link
    link.send({
      t: 'bash',
      ...this.limitsOf(held),
      command: bash.command,
      cwd: bash.cwd,
      env: { ...attemptVariables({ start: held.start, job: job.ok ? asObject(job.value) : {} }), ...bash.env },
      replace_env: bash.replace_env,
      skip_on_exit_codes: bash.skip_on_exit_codes,
      push_xcom: bash.push_xcom,
    })
  }

  private sendPython(held: HeldAttempt, link: HostLink): void {
    const job = parseJson(held.start.job_json)
    held.link = link
    if (!job.ok) {
      this.pool.finished(held)
      this.table.end(held, { reason: `the controller sent a job that is not JSON: ${job.message}`, reason_code: 'job' })
      return
    }
    link.send({
      t: 'python',
      ...this.limitsOf(held),
      job: job.value,
      env: attemptVariables({ start: held.start, job: asObject(job.value) }),
    })
  }

  /** The job of a waiting trigger is not kept: there may be thousands. */
  private sendTrigger(held: HeldAttempt, link: HostLink): void {
    const job = parseJson(held.start.job_json)
    const { dag_id, run_id, task_id, map_index } = held.start
    const fields = job.ok ? asObject(job.value) : {}
    held.link = link
    held.start = { ...held.start, job_json: '' }
    held.sent_at = this.options.clock.monotonic()
    link.send({
      t: 'trigger',
      n: held.number,
      names: { dag_id, run_id, task_id, map_index, try_number: fields['try_number'] ?? 1 },
      body: asObject(fields['deferral'])['body'] ?? '',
    })
  }

  private limitsOf(held: HeldAttempt): Record<string, unknown> {
    const { execution_timeout_ms, secrets, log_cap_bytes, xcom_cap_bytes } = held.start
    return {
      n: held.number,
      attempt_id: held.attempt_id,
      execution_timeout_ms,
      grace_ms: DEFAULT_GRACE_MS,
      secrets,
      log_cap_bytes,
      xcom_cap_bytes,
    }
  }

  private onAttemptMessage(message: HostMessage): void {
    const ended = this.table.onMessage(message)
    if (ended === null || ended.start.bash !== null) return
    if (ended.start.kind === 'trigger') {
      this.deaths.forget(ended.start.ref)
      this.kills.ended(ended)
    }
    this.pool.finished(ended)
  }

  private giveWay(link: HostLink): void {
    const reason = 'its trigger host makes room for those of other DAG files'
    for (const { start } of this.table.heldBy(link)) this.kill(start.ref, { reason, grace_ms: CLEANUP_MS })
  }

  private onUnheard(link: HostLink): void {
    if (!link.isOpen) return
    this.unheard.add(link)
    void killAttempts({ attempts: [{ attempt_id: '', pid: link.pid, start_time: link.start_time }], clock: this.options.clock })
    // Where there is no /proc its parent does it.
    this.pool.killHost(link)
  }

  private onImportFailed(held: HeldAttempt, failure: { pid: number; reason: string; traceback: string }): void {
    this.table.onStarted(held, { pid: failure.pid, start_time: 0 })
    if (failure.traceback !== '') this.table.onLog(held.number, Buffer.from(failure.traceback))
    this.table.end(held, { exit_code: 1, reason: failure.reason, reason_code: 'import' })
  }

  /** A host died with attempts in it: nobody else kills what they left. */
  private onLinkDown(link: HostLink, words: string): void {
    const lost = this.table.heldBy(link)
    if (lost.length === 0) return this.kills.forget(link)
    // Triggers have no processes of their own; what they started is in the session of their host.
    const isTriggers = lost[0]?.start.kind === 'trigger'
    const attempts = isTriggers ? [{ attempt_id: `triggers.${this.nonce}`, pid: link.pid, start_time: link.start_time }] : lost
    const ends = lost.map((held) => [held, this.endOfLost(held, { link, words, is_alone: lost.length === 1 })] as const)
    this.kills.forget(link)
    this.unheard.delete(link)
    const cleanup = killAttempts({ attempts, clock: this.options.clock }).then(() => {
      this.cleanups.delete(cleanup)
      for (const [held, end] of ends) this.table.end(held, end)
    })
    this.cleanups.add(cleanup)
  }

  private endOfLost(held: HeldAttempt, p: { link: HostLink; words: string; is_alone: boolean }): Partial<AttemptEnd> {
    if (this.state === 'stopped') return { outcome: 'killed', reason: 'the worker stops', reason_code: 'killed' }
    const died = { reason: p.words, reason_code: 'host_died' }
    if (held.start.kind !== 'trigger') return { outcome: 'failed', ...died }
    if (this.kills.isTold(held, p.link))
      return { outcome: 'killed', reason: 'it did not answer when it was told to end', reason_code: 'killed' }
    if (this.unheard.has(p.link)) return { outcome: 'killed', ...died, reason: 'a trigger beside it blocked their event loop' }
    const age_ms = this.options.clock.monotonic() - held.sent_at
    return { outcome: this.deaths.died(held.start.ref, { age_ms, is_alone: p.is_alone }) ? 'failed' : 'killed', ...died }
  }
}
