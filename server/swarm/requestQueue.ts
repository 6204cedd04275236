/** Requests of one worker: a few are answered side by side, the rest waits its turn, and none is made while answers pile up. */
import { VortexError } from '#contract/errors.ts'
import { StoreUnavailable } from '#db/store.ts'
import type { Logger } from '#runtime/logger.ts'
import { refFromWire } from './codec.ts'
import { Fifo } from './fifo.ts'
import type { Request, Response } from './gen/vortex/swarm/v1/swarm.ts'
import type { HeldAttempts } from './heldAttempts.ts'
import { REQUESTS_ACTIVE_MAX, REQUESTS_WAITING_MAX } from './limits.ts'
import { answerRequest, type RequestServices } from './requests.ts'

export interface RequestQueueOptions {
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
      const result = await this.#ask(request)
      this.#o.respond({ id: request.id, result_json: JSON.stringify(result ?? null), error_code: '', error_message: '' })
    } catch (error) {
      this.#o.respond(this.#refusalOf(request, error))
    } finally {
      this.#active -= 1
      this.pump()
    }
  }

  async #ask(request: Request): Promise<unknown> {
    const ref = refFromWire(request.ref)
    const held = this.#o.held.get(ref)
    if (held?.canAsk !== true)
      throw new VortexError('forbidden', 'The attempt that asks is not alive: it ended, was cleared, or runs elsewhere now.')
    const context = await this.#o.held.contextOf(held)
    if (context === null) throw new VortexError('not_found', 'The run of the attempt that asks was deleted.')
    return await answerRequest(this.#o.services, {
      method: request.method,
      request: { id: request.id, ref, context, params: paramsOf(request) },
    })
  }

  #refusalOf(request: Request, error: unknown): Response {
    if (error instanceof VortexError) return refusal(request, error.code, error.message)
    if (error instanceof StoreUnavailable) return refusal(request, 'database_unavailable', 'The database does not answer. Try again.')
    this.#o.logger.error({ err: error, method: request.method }, 'a request of a task failed')
    return refusal(request, 'internal', `The controller failed on ${request.method}; its log says why.`)
  }
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
