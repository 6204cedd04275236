/**
 * The leader's side of commands of other controllers: claims them with its epoch, carries them out beside each other, and answers.
 *
 * Invariant: a command is carried out once. The commit that carries it out answers its row under the leader's fence; a leader that
 * dies, or is replaced, before that commit has done nothing, and its successor claims the row again.
 */
import { VortexError } from '#contract/errors.ts'
import type { Cluster, CommandRecord } from '#db/cluster.ts'
import { StoreUnavailable } from '#db/store.ts'
import type { Clock, Timer } from '#runtime/clock.ts'
import type { Logger } from '#runtime/logger.ts'
import type { EngineCommands } from '../ports.ts'
import type { CommandAnswer } from './commandDesk.ts'
import { CLAIM_LOOK_MS, COMMANDS_AT_ONCE } from './limits.ts'

/** What a standby may ask; DAG files are read by the leader alone. */
export type RemoteMethod = Exclude<keyof EngineCommands, 'dagsChanged'>
export const REMOTE_METHODS = [
  'dagTrigger',
  'dagSetPaused',
  'dagDelete',
  'dagFileNoted',
  'assetUpdate',
  'runCancel',
  'runClear',
  'runMark',
  'runDelete',
  'taskInstanceMark',
  'tasksMark',
  'runNote',
  'taskInstanceNote',
  'backfillCreate',
  'backfillSetState',
  'poolsChanged',
  'workerDrain',
  'workerResume',
  'workerForget',
] as const satisfies readonly RemoteMethod[]
type Command = (params: unknown) => Promise<unknown>
/** A database that does not answer for so many looks is down for longer than anybody waits. */
const TRIES = 10

export interface CommandRunnerOptions {
  cluster: Cluster
  clock: Clock
  logger: Logger
  /** The engine's commands, whose commit answers this command. */
  commandsFor: (asked: { id: string; isAnswered: boolean }) => EngineCommands
}

export class CommandRunner {
  readonly #o: CommandRunnerOptions
  readonly #running = new Set<string>()
  #epoch: number | null = null
  #timer: Timer | null = null
  #isClaiming = false
  #isWanted = false

  constructor(options: CommandRunnerOptions) {
    this.#o = options
  }

  /** A term has begun or ended. */
  setEpoch(epoch: number | null): void {
    this.#epoch = epoch
    this.#running.clear()
    this.#timer?.cancel()
    if (epoch !== null) this.wake()
  }

  /** A command may wait. */
  wake(): void {
    this.#isWanted = true
    if (!this.#isClaiming) void this.#claim()
  }

  async #claim(): Promise<void> {
    this.#isClaiming = true
    while (this.#isWanted && this.#epoch !== null) {
      this.#isWanted = false
      const epoch = this.#epoch
      const limit = COMMANDS_AT_ONCE - this.#running.size
      const commands =
        limit <= 0
          ? []
          : await this.#o.cluster.commandsClaim({ epoch, limit }).catch((error: unknown) => {
              this.#o.logger.debug({ err: error }, 'cannot look for commands of other controllers; trying again')
              return []
            })
      // Claimed for a term that ended meanwhile: the next one claims them again.
      if (this.#epoch !== epoch) continue
      for (const command of commands) void this.#run(command, epoch)
    }
    this.#isClaiming = false
    this.#timer?.cancel()
    if (this.#epoch !== null) this.#timer = this.#o.clock.after(CLAIM_LOOK_MS, () => this.wake())
  }

  async #run(command: CommandRecord, epoch: number, tries = 1): Promise<void> {
    const { id, asked_by, method, params } = command
    this.#running.add(id)
    const asked = { id, isAnswered: false }
    let answer: CommandAnswer | null = null
    try {
      const ok = await this.#commandOf(method, asked)(JSON.parse(params))
      if (!asked.isAnswered) answer = { ok: ok ?? null }
    } catch (error) {
      // Not carried out by this term, or nobody knows: the database does, and the next term acts by it.
      if (this.#epoch !== epoch || isUnknown(error)) return
      if (isUnavailable(error) && !asked.isAnswered && tries < TRIES) {
        this.#o.clock.after(CLAIM_LOOK_MS, () => {
          if (this.#epoch === epoch) void this.#run(command, epoch, tries + 1)
        })
        return
      }
      if (!(error instanceof VortexError)) this.#o.logger.error({ err: error, method }, 'a command of another controller failed')
      const known = error instanceof VortexError ? withinTerm(error) : new VortexError('internal', 'The scheduler failed on this request.')
      if (!asked.isAnswered) answer = { error: { code: known.code, message: known.message, details: known.details } }
    } finally {
      if (this.#epoch === epoch) this.#running.delete(id)
    }
    const { cluster, logger } = this.#o
    try {
      if (answer !== null) await cluster.commandAnswer({ id, epoch, answer: JSON.stringify(answer) })
      await cluster.bus.send({ to: { holder: asked_by }, messages: [JSON.stringify({ command: id })] })
    } catch (error) {
      // Whoever asked looks for the answer by itself.
      logger.debug({ err: error }, 'the answer to a command could not be sent')
    }
    if (this.#running.size === COMMANDS_AT_ONCE - 1) this.wake()
  }

  #commandOf(method: string, asked: { id: string; isAnswered: boolean }): Command {
    const name = REMOTE_METHODS.find((known) => known === method)
    if (name === undefined)
      throw new VortexError('invalid_request', `This controller knows no command "${method}": update all controllers to one version.`)
    return this.#o.commandsFor(asked)[name] as Command
  }
}

/** The term goes on, so what it read before its step has changed meanwhile: a DAG was read again. */
function withinTerm(error: VortexError): VortexError {
  if (error.code !== 'not_leader') return error
  return new VortexError('conflict', 'The DAG was read again while this waited; nothing was changed. Try again.')
}

function isUnknown(error: unknown): boolean {
  const details = error instanceof VortexError && error.code === 'not_leader' ? error.details : null
  return typeof details === 'object' && details !== null && 'outcome' in details && details.outcome === 'unknown'
}

/** The command could not begin; a commit that was begun ends in `not_leader` or in success. */
function isUnavailable(error: unknown): boolean {
  return error instanceof StoreUnavailable || (error instanceof VortexError && error.code === 'database_unavailable')
}
