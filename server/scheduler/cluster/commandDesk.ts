/**
 * Commands of a controller that does not lead. Each becomes a row that the leader carries out and answers in one commit, so it happens
 * once or not at all, whoever dies meanwhile; this side waits for the answer.
 *
 * Outcomes: the answer; `not_leader` when nobody took it in time and it was taken back (nothing was changed); and rarely, when the
 * database or the leader stopped answering after it was taken, a `not_leader` or `database_unavailable` that says that the outcome is
 * not known.
 */
import { VortexError, type ErrorCode } from '#contract/errors.ts'
import type { Cluster } from '#db/cluster.ts'
import { StoreUnavailable } from '#db/store.ts'
import type { Clock, Timer } from '#runtime/clock.ts'
import { ANSWER_LOOK_MS, CLAIMED_WAIT_MS, COMMAND_WAIT_MS, COMMANDS_WAITING_MAX } from './limits.ts'

/** What a row's `answer` holds, and how a message says that there is one. */
export type CommandAnswer = { ok: unknown } | { error: { code: ErrorCode; message: string; details: unknown } }

export interface CommandDeskOptions {
  cluster: Cluster
  clock: Clock
  holder: string
  newId: () => string
}

export class CommandDesk {
  readonly #o: CommandDeskOptions
  readonly #waiting = new Map<string, () => void>()

  constructor(options: CommandDeskOptions) {
    this.#o = options
  }

  /** A message says that the command is answered. */
  answered(id: string): void {
    this.#waiting.get(id)?.()
  }

  async run(method: string, params: unknown): Promise<unknown> {
    if (this.#waiting.size >= COMMANDS_WAITING_MAX)
      throw new VortexError('rate_limited', 'Too many commands wait for the leading controller; try again soon.', {
        retry_after_seconds: 2,
      })
    const { clock, cluster, holder, newId } = this.#o
    const id = newId()
    this.#waiting.set(id, () => undefined)
    try {
      const began = clock.monotonic()
      await this.#put({ id, asked_by: holder, method, params: JSON.stringify(params) }, began + COMMAND_WAIT_MS)
      for (;;) {
        await this.#sleep(id, ANSWER_LOOK_MS)
        const row = await cluster.commandAnswerOf({ id }).catch(unavailable)
        if (row !== 'unavailable' && row !== null) return settled(JSON.parse(row.answer) as CommandAnswer)
        const waited = clock.monotonic() - began
        if (waited < COMMAND_WAIT_MS) continue
        if ((await cluster.commandWithdraw({ id }).catch(unavailable)) === true)
          throw new VortexError('not_leader', 'No controller leads at the moment. Nothing was changed; try again in a few seconds.')
        if (waited > COMMAND_WAIT_MS + CLAIMED_WAIT_MS)
          throw unknownOutcome('not_leader', 'The leading controller took this but has not answered')
      }
    } finally {
      this.#waiting.delete(id)
    }
  }

  /** The same row again and again until the database says that it has it. */
  async #put(row: Parameters<Cluster['commandPut']>[0], deadline: number): Promise<void> {
    const { cluster, clock } = this.#o
    for (;;) {
      let timer: Timer | undefined
      const left = deadline - clock.monotonic()
      const late = new Promise<'unavailable'>((resolve) => (timer = clock.after(left, () => resolve('unavailable'))))
      const put = await Promise.race([cluster.commandPut(row).catch(unavailable), late])
      timer?.cancel()
      if (put !== 'unavailable') return
      if (clock.monotonic() >= deadline) throw unknownOutcome('database_unavailable', 'The database does not answer')
      await this.#sleep(row.id, ANSWER_LOOK_MS)
    }
  }

  async #sleep(id: string, ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.#o.clock.after(ms, resolve)
      this.#waiting.set(id, () => {
        timer.cancel()
        resolve()
      })
    })
  }
}

function unavailable(error: unknown): 'unavailable' {
  if (error instanceof StoreUnavailable) return 'unavailable'
  throw error
}

export function unknownOutcome(code: 'not_leader' | 'database_unavailable', what: string): VortexError {
  return new VortexError(code, `${what}, so it may have been carried out or not. Look before you try again.`, { outcome: 'unknown' })
}

function settled(answer: CommandAnswer): unknown {
  if ('ok' in answer) return answer.ok
  const { code, message, details } = answer.error
  throw new VortexError(code, message, details)
}
