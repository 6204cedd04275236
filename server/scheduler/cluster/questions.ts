/**
 * Questions that only the leader's memory can answer (why a task waits, who works, what runs next), asked by a controller that does
 * not lead. They change nothing, so they are messages without rows: one that is lost is asked again.
 */
import { VortexError } from '#contract/errors.ts'
import type { Bus } from '#db/cluster.ts'
import type { Clock, Timer } from '#runtime/clock.ts'
import type { EngineQueries, LeaderQueries } from '../ports.ts'
import { QUESTION_REPEAT_MS, QUESTION_WAIT_MS, QUESTIONS_WAITING_MAX } from './limits.ts'

type Method = keyof LeaderQueries
/** The last four are told rather than asked; doing them twice does no harm. */
export type QuestionMethod = Method | 'variableChanged' | 'connectionChanged' | 'dagFileChanged' | 'dagDeleted'

export interface Question {
  id: string
  from: string
  method: QuestionMethod
  params: unknown
}

/** From the engine's memory, in the form that travels. */
export function answersOf(queries: EngineQueries): Record<Method, (params: never) => unknown> {
  return {
    why: (p: Parameters<EngineQueries['why']>[0]) => queries.why(p),
    poolUsage: () => [...queries.poolUsage()],
    workers: () => queries.workers(),
    counts: () => queries.counts(),
    dagSchedule: (p: Parameters<EngineQueries['dagSchedule']>[0]) => queries.dagSchedule(p),
    liveTasks: (p: Parameters<EngineQueries['liveTasks']>[0]) => queries.liveTasks(p),
    plannedRuns: (p: Parameters<EngineQueries['plannedRuns']>[0]) => queries.plannedRuns(p),
    nextRuns: (p: Parameters<EngineQueries['nextRuns']>[0]) => queries.nextRuns(p),
  }
}

export interface QuestionDeskOptions {
  bus: Bus
  clock: Clock
  holder: string
  newId: () => string
}

interface Waiting {
  resolve: (answer: unknown) => void
  answer: Promise<unknown>
}

export class QuestionDesk {
  readonly #o: QuestionDeskOptions
  /** By the question's text: the same one is asked once. */
  readonly #asked = new Map<string, Waiting>()
  readonly #byId = new Map<string, Waiting>()

  constructor(options: QuestionDeskOptions) {
    this.#o = options
  }

  answered(id: string, answer: unknown): void {
    this.#byId.get(id)?.resolve(answer)
  }

  ask(method: QuestionMethod, params: unknown): Promise<unknown> {
    const key = `${method} ${JSON.stringify(params)}`
    const known = this.#asked.get(key)
    if (known !== undefined) return known.answer
    if (this.#asked.size >= QUESTIONS_WAITING_MAX)
      return Promise.reject(
        new VortexError('rate_limited', 'Too many questions wait for the leading controller; try again soon.', { retry_after_seconds: 2 }),
      )
    const waiting = {} as Waiting
    this.#asked.set(key, waiting)
    waiting.answer = this.#ask(waiting, method, params).finally(() => this.#asked.delete(key))
    return waiting.answer
  }

  async #ask(waiting: Waiting, method: QuestionMethod, params: unknown): Promise<unknown> {
    const { bus, clock, holder, newId } = this.#o
    const id = newId()
    const timers: Timer[] = []
    try {
      return await new Promise((resolve, reject) => {
        waiting.resolve = resolve
        this.#byId.set(id, waiting)
        const send = (): void => {
          const question: Question = { id, from: holder, method, params }
          bus.send({ to: { topic: 'questions' }, messages: [JSON.stringify(question)] }).catch(() => undefined)
          timers.push(clock.after(QUESTION_REPEAT_MS, send))
        }
        send()
        timers.push(
          clock.after(QUESTION_WAIT_MS, () =>
            reject(new VortexError('not_leader', 'Only the leading controller can tell, and none answers. Ask again in a few seconds.')),
          ),
        )
      })
    } finally {
      this.#byId.delete(id)
      for (const timer of timers) timer.cancel()
    }
  }
}
