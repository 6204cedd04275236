/**
 * The engine as API and people see it on any controller: what this one leads is done here, anything else goes to the leader through
 * the database (docs/decisions/0005). During an election commands and questions wait for a few seconds.
 *
 * On SQLite there is one controller and `cluster` is null: a command that comes between two terms waits for the next one.
 */
import { VortexError } from '#contract/errors.ts'
import type { Cluster, ControllerRecord, LeaderRecord } from '#db/cluster.ts'
import { atMost, type Clock, type Timer } from '#runtime/clock.ts'
import type { LiveEvents } from '#runtime/liveEvents.ts'
import type { Logger } from '#runtime/logger.ts'
import type { Service } from '#runtime/service.ts'
import type { EngineService } from '../engineService.ts'
import type { EngineCommands, EngineQueries, LeaderQueries, PoolUsage, Publish } from '../ports.ts'
import { CommandDesk, unknownOutcome } from './commandDesk.ts'
import { CommandRunner, REMOTE_METHODS, type RemoteMethod } from './commandRunner.ts'
import { EventRelay } from './eventRelay.ts'
import { CLAIMED_WAIT_MS, COMMAND_WAIT_MS } from './limits.ts'
import { Membership } from './membership.ts'
import { answersOf, QuestionDesk, type Question, type QuestionMethod } from './questions.ts'

export interface ClusterEngineOptions {
  cluster: Cluster | null
  clock: Clock
  logger: Logger
  events: LiveEvents
  holder: string
  newId: () => string
  /** Where others reach this controller, once it listens. */
  addresses: () => Omit<ControllerRecord, 'holder'>
  service: () => Pick<EngineService, 'role' | 'whenLeading'>
  commandsFor: (asked?: { id: string; isAnswered: boolean }) => EngineCommands
  queries: () => EngineQueries
  /** Another controller came or went: workers must know whom else to ask before they trust that nobody leads. */
  onOthers: () => void
}

type Method = (p: unknown) => Promise<unknown>
/** To the controller by its holder: a command is answered, or a question's answer. */
type Letter = { command: string } | { question: string; answer: unknown }

/** Of the part that reads the DAG folder. */
interface LeaderFiles {
  variableChanged(key: string): void
  connectionChanged(conn_id: string): void
  fileChanged(file: string): void
  dagDeleted(dag_id: string): string[]
}

interface Parts {
  membership: Membership
  desk: CommandDesk
  runner: CommandRunner
  questions: QuestionDesk
  relay: EventRelay
}

export class ClusterEngine implements Service {
  readonly #o: ClusterEngineOptions
  readonly #parts: Parts | null
  #local: EngineCommands | null = null
  #files: LeaderFiles | null = null

  constructor(options: ClusterEngineOptions) {
    this.#o = options
    this.#parts = options.cluster === null ? null : this.#connect(options.cluster)
  }

  /** Who leads, as far as this controller knows. */
  get leader(): LeaderRecord | null {
    return this.#parts?.membership.leader ?? null
  }
  /** The other controllers that live. */
  get others(): readonly ControllerRecord[] {
    return this.#parts?.membership.others ?? []
  }

  /** Where committed facts go. */
  readonly publish: Publish = (events) => (this.#parts === null ? this.#o.events.publish(events) : this.#parts.relay.publish(events))

  /** A term has begun or ended (EngineServiceOptions.onTerm). */
  readonly onTerm = (epoch: number | null): void => {
    this.#parts?.relay.setEpoch(epoch)
    this.#parts?.runner.setEpoch(epoch)
  }

  async start(): Promise<void> {
    this.#o.cluster?.bus.start()
    await this.#parts?.membership.start()
  }

  async stop(): Promise<void> {
    this.#parts?.runner.setEpoch(null)
    this.#parts?.relay.close()
    await this.#parts?.membership.stop()
  }

  /** Commands that work on every controller. `dagsChanged` is the leader's alone. */
  commands(): EngineCommands {
    this.#local ??= this.#o.commandsFor()
    const local = this.#local
    const anywhere = REMOTE_METHODS.map((name) => [name, (p: unknown) => this.#run(name, local[name] as Method, p)])
    return { ...local, ...(Object.fromEntries(anywhere) as Pick<EngineCommands, RemoteMethod>) }
  }

  queries(): LeaderQueries {
    const ask = async (method: keyof LeaderQueries, p: unknown): Promise<unknown> => {
      const isHere = this.#parts === null || this.#o.service().role === 'leader'
      return isHere ? answersOf(this.#o.queries())[method](p as never) : await this.#parts?.questions.ask(method, p)
    }
    return {
      why: async (p) => (await ask('why', p)) as ReturnType<EngineQueries['why']>,
      poolUsage: async () => new Map((await ask('poolUsage', {})) as [string, PoolUsage][]),
      workers: async () => (await ask('workers', {})) as ReturnType<EngineQueries['workers']>,
      counts: async () => (await ask('counts', {})) as ReturnType<EngineQueries['counts']>,
      dagSchedule: async (p) => (await ask('dagSchedule', p)) as ReturnType<EngineQueries['dagSchedule']>,
      liveTasks: async (p) => (await ask('liveTasks', p)) as ReturnType<EngineQueries['liveTasks']>,
      plannedRuns: async (p) => (await ask('plannedRuns', p)) as ReturnType<EngineQueries['plannedRuns']>,
      nextRuns: async (p) => (await ask('nextRuns', p)) as ReturnType<EngineQueries['nextRuns']>,
    }
  }

  /** What the part that reads the DAG folder must be told; it works where the leader is. */
  dagFiles(local: LeaderFiles): {
    variableChanged(key: string): void
    connectionChanged(conn_id: string): void
    fileChanged(file: string): void
    dagDeleted(dag_id: string): Promise<string[]>
  } {
    this.#files = local
    const isHere = (): boolean => this.#parts === null || this.#o.service().role === 'leader'
    return {
      variableChanged: (key) => {
        if (isHere()) local.variableChanged(key)
        // Whoever leads next looks at all inputs when its term begins.
        else this.#parts?.questions.ask('variableChanged', { key }).catch(() => undefined)
      },
      connectionChanged: (conn_id) => {
        if (isHere()) local.connectionChanged(conn_id)
        else this.#parts?.questions.ask('connectionChanged', { conn_id }).catch(() => undefined)
      },
      fileChanged: (file) => {
        if (isHere()) local.fileChanged(file)
        else this.#parts?.questions.ask('dagFileChanged', { file }).catch(() => undefined)
      },
      dagDeleted: async (dag_id) =>
        isHere() ? local.dagDeleted(dag_id) : ((await this.#parts?.questions.ask('dagDeleted', { dag_id }).catch(() => [])) as string[]),
    }
  }

  #answers(): Record<QuestionMethod, (p: never) => unknown> {
    return {
      ...answersOf(this.#o.queries()),
      variableChanged: ({ key }: { key: string }) => this.#files?.variableChanged(key),
      connectionChanged: ({ conn_id }: { conn_id: string }) => this.#files?.connectionChanged(conn_id),
      dagFileChanged: ({ file }: { file: string }) => this.#files?.fileChanged(file),
      dagDeleted: ({ dag_id }: { dag_id: string }) => this.#files?.dagDeleted(dag_id) ?? [],
    }
  }

  async #run(name: RemoteMethod, local: Method, p: unknown): Promise<unknown> {
    if (this.#o.service().role === 'leader') {
      try {
        return await this.#within(COMMAND_WAIT_MS + CLAIMED_WAIT_MS, local(p))
      } catch (error) {
        if (!isElsewhere(error)) throw error
      }
    }
    if (this.#parts !== null) return await this.#parts.desk.run(name, p)
    await atMost(this.#o.clock, COMMAND_WAIT_MS, this.#o.service().whenLeading())
    return await local(p)
  }

  /** A leader that is cut off from its database waits for an answer that may never come; a person should not. */
  async #within<T>(ms: number, work: Promise<T>): Promise<T> {
    let timer: Timer | undefined
    const late = new Promise<never>((_, reject) => {
      timer = this.#o.clock.after(ms, () => reject(unknownOutcome('database_unavailable', 'The database does not answer')))
    })
    try {
      return await Promise.race([work, late])
    } finally {
      timer?.cancel()
    }
  }

  #connect(cluster: Cluster): Parts {
    const { clock, logger, holder, newId, events, addresses, commandsFor } = this.#o
    const desk = new CommandDesk({ cluster, clock, holder, newId })
    const runner = new CommandRunner({ cluster, clock, logger, commandsFor })
    const questions = new QuestionDesk({ bus: cluster.bus, clock, holder, newId })
    const relay = new EventRelay({ events, bus: cluster.bus, clock })
    const membership = new Membership({
      cluster,
      clock,
      logger,
      me: () => ({ holder, ...addresses() }),
      onOthers: () => {
        relay.setListeners(membership.others.length)
        this.#o.onOthers()
      },
    })
    cluster.bus.listen({ topic: 'commands' }, () => runner.wake())
    cluster.bus.listen({ topic: 'questions' }, (message) => this.#answer(cluster, JSON.parse(message) as Question))
    cluster.bus.listen({ holder }, (message) => {
      const letter = JSON.parse(message) as Letter
      if ('command' in letter) desk.answered(letter.command)
      else questions.answered(letter.question, letter.answer)
    })
    return { membership, desk, runner, questions, relay }
  }

  #answer(cluster: Cluster, { id, from, method, params }: Question): void {
    if (this.#o.service().role !== 'leader') return
    const answers = this.#answers()
    if (!Object.hasOwn(answers, method)) return
    const letter: Letter = { question: id, answer: answers[method](params as never) ?? null }
    cluster.bus.send({ to: { holder: from }, messages: [JSON.stringify(letter)] }).catch((error: unknown) => {
      // It will be asked again.
      this.#o.logger.debug({ err: error, method }, 'the answer to another controller could not be sent')
    })
  }
}

/** True if nothing of the command has happened here, so that another controller may carry it out. */
function isElsewhere(error: unknown): boolean {
  if (!(error instanceof VortexError) || error.code !== 'not_leader') return false
  const { details } = error
  return !(typeof details === 'object' && details !== null && 'outcome' in details && details.outcome === 'unknown')
}
