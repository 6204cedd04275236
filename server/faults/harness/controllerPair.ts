/**
 * Two controllers on one PostgreSQL and one worker that reaches both over TCP. Each controller talks to the database through a proxy of
 * its own, so that its cable can be cut.
 */
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Health } from '#contract/admin.ts'
import { startTcpProxy, type TcpProxy } from '#testkit/tcpProxy.ts'
import { ControllerProcess, exitOf, freePort } from './controllerProcess.ts'

export type LeaderFault = 'killed' | 'stopped' | 'cut off'

export class ControllerPair implements AsyncDisposable {
  readonly controllers: readonly [ControllerProcess, ControllerProcess]
  readonly #proxies: readonly [TcpProxy, TcpProxy]
  readonly #swarmPorts: readonly number[]
  #worker: ChildProcess | null = null

  private constructor(
    controllers: readonly [ControllerProcess, ControllerProcess],
    proxies: readonly [TcpProxy, TcpProxy],
    swarmPorts: readonly number[],
  ) {
    this.controllers = controllers
    this.#proxies = proxies
    this.#swarmPorts = swarmPorts
  }

  /** `local`: each controller has a local worker of its own and no port for others. */
  static async create(database: string, p: { local?: { capacity: number; lease_ms: number } } = {}): Promise<ControllerPair> {
    const secrets = {
      VORTEX_WORKER_TOKEN: randomBytes(32).toString('base64url'),
      VORTEX_KEK: randomBytes(32).toString('base64'),
    }
    const target = new URL(database)
    const swarmPorts = [await freePort(), await freePort()]
    const made: ControllerProcess[] = []
    const proxies: TcpProxy[] = []
    for (const port of swarmPorts) {
      const proxy = await startTcpProxy({ host: target.hostname, port: Number(target.port) })
      const url = new URL(target)
      url.port = String(proxy.port)
      const folder = made[0] === undefined ? [] : ['--dags-folder', made[0].dagsFolder]
      const swarm = p.local === undefined ? ['--swarm-listen', `127.0.0.1:${port}`] : ['--lease-ms', String(p.local.lease_ms)]
      const args = ['--database-url', url.href, ...swarm, ...folder]
      made.push(await ControllerProcess.create({ capacity: p.local?.capacity ?? 0, args, env: secrets }))
      proxies.push(proxy)
    }
    const [a, b] = made
    const [proxyA, proxyB] = proxies
    if (a === undefined || b === undefined || proxyA === undefined || proxyB === undefined) throw new Error('two controllers')
    return new ControllerPair([a, b], [proxyA, proxyB], swarmPorts)
  }

  /** The first one leads. `capacity`: of the worker over TCP; 0 = none. */
  async start(p: { capacity: number }): Promise<void> {
    const [a, b] = this.controllers
    await a.start()
    await b.start()
    if (p.capacity === 0) return
    const controllers = this.#swarmPorts.map((port) => `http://127.0.0.1:${port}`).join(',')
    this.#worker = a.spawnBeside({ args: ['worker', '--controller', controllers, '--capacity', String(p.capacity)], log: 'worker.log' })
  }

  other(controller: ControllerProcess): ControllerProcess {
    return controller === this.controllers[0] ? this.controllers[1] : this.controllers[0]
  }

  /** The one that says that it leads. One that was just cut off says so for another 1.5 s. */
  async leader(limit_ms = 20_000): Promise<ControllerProcess> {
    const deadline = performance.now() + limit_ms
    for (;;) {
      for (const controller of this.controllers) if ((await healthOf(controller))?.scheduler === 'leader') return controller
      if (performance.now() > deadline)
        throw new Error(`nobody leads:\n${this.controllers.map(({ log }) => log.slice(-2000)).join('\n---\n')}`)
      await sleep(10)
    }
  }

  /** Waits until this very controller leads. */
  async leads(controller: ControllerProcess, limit_ms = 20_000): Promise<void> {
    const deadline = performance.now() + limit_ms
    while ((await healthOf(controller))?.scheduler !== 'leader') {
      if (performance.now() > deadline) throw new Error(`it does not lead:\n${controller.log.slice(-3000)}`)
      await sleep(5)
    }
  }

  async strike(leader: ControllerProcess, fault: LeaderFault): Promise<void> {
    if (fault === 'killed') await leader.kill()
    else if (fault === 'stopped') process.kill(leader.pid, 'SIGSTOP')
    else this.#proxyOf(leader).freeze()
  }

  /** Resolves when the struck controller is a standby again. */
  async mend(struck: ControllerProcess, fault: LeaderFault): Promise<void> {
    if (fault === 'killed') await struck.start()
    else if (fault === 'stopped') process.kill(struck.pid, 'SIGCONT')
    else this.#proxyOf(struck).thaw()
    const deadline = performance.now() + 30_000
    for (;;) {
      const health = await healthOf(struck)
      if (health?.scheduler === 'standby' && health.database === 'ok' && health.leader_epoch !== null) return
      if (performance.now() > deadline) throw new Error(`it is no standby: ${JSON.stringify(health)}\n${struck.log.slice(-3000)}`)
      await sleep(50)
    }
  }

  #proxyOf(controller: ControllerProcess): TcpProxy {
    return controller === this.controllers[0] ? this.#proxies[0] : this.#proxies[1]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const proxy of this.#proxies) proxy.thaw()
    if (this.#worker !== null && this.#worker.exitCode === null) {
      this.#worker.kill('SIGKILL')
      await exitOf(this.#worker)
    }
    for (const controller of this.controllers) {
      if (!controller.hasExited) process.kill(controller.pid, 'SIGCONT')
      await controller[Symbol.asyncDispose]()
    }
    for (const proxy of this.#proxies) await proxy[Symbol.asyncDispose]()
  }
}

export async function healthOf(controller: ControllerProcess): Promise<Health | null> {
  try {
    const response = await fetch(`http://127.0.0.1:${controller.port}/api/health`, { signal: AbortSignal.timeout(3_000) })
    return (await response.json()) as Health
  } catch {
    return null
  }
}
