/** Requests of one worker: a few are answered side by side, the rest waits its turn, and none is made while answers pile up. */
import { VortexError } from '#contract/errors.ts'
import { StoreUnavailable } from '#db/store.ts'
import type { Clock, Timer } from '#runtime/clock.ts'
import type { Logger } from '#runtime/logger.ts'
import { refFromWire } from './codec.ts'
import { Fifo } from './fifo.ts'
import type { Request, Response } from './gen/vortex/swarm/v1/swarm.ts'
import type { HeldAttempts } from './heldAttempts.ts'
import { ANSWER_BYTES_MAX, REQUESTS_ACTIVE_MAX, REQUESTS_WAITING_MAX } from './limits.ts'
import { answerRequest, changesSomething, type RequestServices } from './requests.ts'
import { PassingTrouble, TaskRefusal } from './taskRequest.ts'

/** Between two tries of a question that could not be answered for a reason that passes. */
const AGAIN_MS = 1_000

export interface RequestQueueOptions {
  clock: Clock
  services: RequestServices
  held: HeldAttempts
  logger: Logger
  /** Answers pile up: wait until `pump` is called. */
  isBusy: () => boolean
  respond(response: Response): void
}

export class RequestQueue {
  readonly #o: RequestQueueOptions
  readonly #waiting = new Fifo<Request>()
  readonly #timers = new Set<Timer>()
  #active = 0

  constructor(options: RequestQueueOptions) {
    this.#o = options
  }

  add(request: Request): void {
    if (this.#waiting.size >= REQUESTS_WAITING_MAX)
      this.#o.respond(refusal(request, 'rate_limited', `More than ${REQUESTS_WAITING_MAX} requests of this worker wait; try again.`))
    else this.#waiting.push(request)
    this.pump()
  }

  pump(): void {
    while (this.#active < REQUESTS_ACTIVE_MAX && this.#waiting.size > 0 && !this.#o.isBusy()) {
      const request = this.#waiting.shift()
      if (request !== undefined) void this.#answer(request)
    }
  }

  async #answer(request: Request): Promise<void> {
    this.#active += 1
    try {
      const result_json = JSON.stringify((await this.#ask(request)) ?? null)
      const bytes = Buffer.byteLength(result_json)
      if (bytes > ANSWER_BYTES_MAX) throw tooLarge(request, bytes)
      this.#o.respond({ id: request.id, result_json, error_code: '', error_message: '' })
    } catch (error) {
      if (isPassing(error)) this.#askLater(request)
      else this.#o.respond(this.#refusalOf(request, error))
    } finally {
      this.#active -= 1
      this.pump()
    }
  }

  /**
   * A task lives through an hour without a database, and so does its question: while the controller is away it waits at the worker, while
   * the database is away it waits here.
   */
  #askLater(request: Request): void {
    const timer = this.#o.clock.after(AGAIN_MS, () => {
      this.#timers.delete(timer)
      this.add(request)
    })
    this.#timers.add(timer)
  }

  /** The worker asks again after its next hello. */
  close(): void {
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
  }

  async #ask(request: Request): Promise<unknown> {
    const ref = refFromWire(request.ref)
    const held = this.#o.held.get(ref)
    if (held?.canAsk !== true)
      throw new VortexError('forbidden', 'The attempt that asks is not alive: it ended, was cleared, or runs elsewhere now.')
    if (held.isKilled && changesSomething(request.method))
      throw new VortexError('forbidden', 'The attempt that asks is being ended: it was cancelled, cleared or marked. Nothing was changed.')
    const context = await this.#o.held.contextOf(held)
    if (context === null) throw new VortexError('not_found', 'The run of the attempt that asks was deleted.')
    return await answerRequest(this.#o.services, {
      method: request.method,
      request: { id: request.id, ref, context, params: paramsOf(request) },
    })
  }

  #refusalOf(request: Request, error: unknown): Response {
    if (error instanceof VortexError || error instanceof TaskRefusal) return refusal(request, error.code, error.message)
    this.#o.logger.error({ err: error, method: request.method }, 'a request of a task failed')
    return refusal(request, 'internal', `The controller failed on ${request.method}; its log says why.`)
  }
}

function isPassing(error: unknown): boolean {
  if (error instanceof VortexError) return error.code === 'database_unavailable' || error.code === 'not_leader'
  return error instanceof StoreUnavailable || error instanceof PassingTrouble
}

function tooLarge({ method }: Request, bytes: number): VortexError {
  return new VortexError(
    'too_large',
    `The answer to ${method} has ${bytes} bytes; one has at most ${ANSWER_BYTES_MAX}. Ask for less at a time.`,
  )
}

function refusal(request: Request, error_code: string, error_message: string): Response {
  return { id: request.id, result_json: '', error_code, error_message }
}

function paramsOf(request: Request): Record<string, unknown> {
  let params: unknown
  try {
    params = JSON.parse(request.params_json)
  } catch (cause) {
    throw new VortexError('invalid_request', 'The params are no JSON.', null, { cause })
  }
  if (typeof params !== 'object' || params === null || Array.isArray(params))
    throw new VortexError('invalid_request', 'The params must be a JSON object.')
  return params as Record<string, unknown>
}
