/**
 * What a dashboard's page does: follows live events on one controller and, when that one goes away, on the next one from the event where
 * it was. After `reset` it reads everything again.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { EventSourceParserStream } from 'eventsource-parser/stream'
import type { LiveEvent } from '#contract/events.ts'
import type { ControllerProcess } from './controllerProcess.ts'

/** A stream says something every 15 s; a controller that is frozen says nothing. */
const SILENCE_MS = 3_000

export class EventFollower {
  readonly #controllers: readonly ControllerProcess[]
  readonly #finished = new Map<string, string>()
  #at: number
  #lastId: string | null = null
  #abort = new AbortController()
  #isClosed = false
  resets = 0
  connections = 0
  readonly #loop: Promise<void>

  /** Begins at the controller with this index. */
  constructor(controllers: readonly ControllerProcess[], at: number) {
    this.#controllers = controllers
    this.#at = at
    this.#loop = this.#run()
  }

  /** Final state of a run, as seen on the stream or read after a reset. */
  stateOf(p: { dag_id: string; run_id: string }): string | null {
    return this.#finished.get(`${p.dag_id} ${p.run_id}`) ?? null
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#abort.abort()
    await this.#loop
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      await this.#follow().catch(() => undefined)
      this.#at = (this.#at + 1) % this.#controllers.length
      await sleep(50)
    }
  }

  async #follow(): Promise<void> {
    const controller = this.#controllers[this.#at]
    if (controller === undefined) return
    this.#abort = new AbortController()
    const silence = setInterval(() => {
      if (performance.now() - heard > SILENCE_MS) void this.#isFrozen(controller).then((frozen) => frozen && this.#abort.abort())
    }, 500)
    let heard = performance.now()
    try {
      const response = await fetch(`http://127.0.0.1:${controller.port}/api/events`, {
        headers: { ...controller.authorization(), ...(this.#lastId === null ? {} : { 'last-event-id': this.#lastId }) },
        signal: this.#abort.signal,
      })
      if (!response.ok || response.body === null) return
      this.connections += 1
      if (this.#lastId === null) await this.#readAll(controller)
      const text = response.body.pipeThrough(new TextDecoderStream())
      for await (const message of text.pipeThrough(new EventSourceParserStream())) {
        heard = performance.now()
        if (message.id !== undefined) this.#lastId = message.id
        if (message.data === '') continue
        const event = JSON.parse(message.data) as LiveEvent
        if (event.type === 'reset') {
          this.resets += 1
          await this.#readAll(controller)
        } else if (event.type === 'dag_run') this.#note(event)
      }
    } finally {
      clearInterval(silence)
    }
  }

  async #isFrozen(controller: ControllerProcess): Promise<boolean> {
    const answer = fetch(`http://127.0.0.1:${controller.port}/api/health`, { signal: AbortSignal.timeout(1_000) })
    return await answer.then(
      () => false,
      () => true,
    )
  }

  async #readAll(controller: ControllerProcess): Promise<void> {
    const { data } = await controller.client.listRuns({ params: { dag_id: '~' }, query: { limit: 500 } })
    for (const run of data) this.#note(run)
  }

  #note(run: { dag_id: string; run_id: string; state: string }): void {
    if (run.state === 'success' || run.state === 'failed') this.#finished.set(`${run.dag_id} ${run.run_id}`, run.state)
  }
}
