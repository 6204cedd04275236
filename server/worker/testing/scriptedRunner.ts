/** An AttemptRunner without processes: each attempt does what the test's script says. For tests of the session only. */
import type { AttemptRef } from '#scheduler/ports.ts'
import { refKey } from '#swarm/codec.ts'
import { UNSTARTED_END } from '../runner.ts'
import type { AttemptEnd, AttemptListener, AttemptRunner, AttemptStart, RenderedField } from '../runner.ts'

export interface ScriptedAttempt {
  start: AttemptStart
  log(text: string): void
  xcom(key: string, value: unknown): void
  rendered(fields: RenderedField[]): void
  ask(method: string, params: unknown): Promise<{ result: unknown; error_code: string; error_message: string }>
  end(change?: Partial<AttemptEnd>): void
  /** Resolves with the reason when the attempt is killed. */
  killed: Promise<string>
}
export type Script = (attempt: ScriptedAttempt) => void | Promise<void>

export function makeEnd(change: Partial<AttemptEnd> = {}): AttemptEnd {
  return { ...UNSTARTED_END, outcome: 'success', exit_code: 0, run_ms: 1, ...change }
}

export class ScriptedRunner implements AttemptRunner {
  readonly #listener: AttemptListener
  readonly #script: Script
  readonly #running = new Map<
    string,
    {
      ref: AttemptRef
      kill: (reason: string) => void
      answers: Map<number, (answer: { result: unknown; error_code: string; error_message: string }) => void>
    }
  >()
  /** Every attempt that was started, in order. */
  readonly started: AttemptStart[] = []
  readonly kills: { key: string; reason: string; at: number }[] = []
  readonly renewals: (number | null)[] = []

  constructor(listener: AttemptListener, script: Script) {
    this.#listener = listener
    this.#script = script
  }

  get running(): number {
    return this.#running.size
  }

  async start(): Promise<void> {}

  run(start: AttemptStart): void {
    const { ref } = start
    const key = refKey(ref)
    this.started.push(start)
    let onKilled: (reason: string) => void = () => undefined
    const killed = new Promise<string>((resolve) => {
      onKilled = resolve
    })
    const answers = new Map<number, (answer: { result: unknown; error_code: string; error_message: string }) => void>()
    let asked = 0
    const end = (change: Partial<AttemptEnd> = {}): void => {
      if (this.#running.delete(key)) this.#listener.ended(ref, makeEnd(change))
    }
    this.#running.set(key, {
      ref,
      answers,
      kill: (reason) => {
        onKilled(reason)
        setImmediate(() => end({ outcome: 'killed', exit_code: -1, signal: 'SIGKILL', reason, reason_code: 'killed' }))
      },
    })
    this.#listener.started(ref, { pid: process.pid })
    void this.#script({
      start,
      killed,
      end,
      log: (text) => this.#listener.log(ref, Buffer.from(text)),
      xcom: (name, value) => this.#listener.xcom(ref, [{ key: name, value_json: JSON.stringify(value) }]),
      rendered: (fields) => this.#listener.rendered(ref, fields),
      ask: (method, params) =>
        new Promise((resolve) => {
          asked += 1
          answers.set(asked, resolve)
          this.#listener.request(ref, { id: asked, method, params_json: JSON.stringify(params) })
        }),
    })
  }

  respond(ref: AttemptRef, p: { id: number; result_json: string; error_code: string; error_message: string }): void {
    const running = this.#running.get(refKey(ref))
    running?.answers.get(p.id)?.({
      result: p.result_json === '' ? null : JSON.parse(p.result_json),
      error_code: p.error_code,
      error_message: p.error_message,
    })
  }

  kill(ref: AttemptRef, p: { reason: string }): void {
    this.kills.push({ key: refKey(ref), reason: p.reason, at: performance.now() })
    this.#running.get(refKey(ref))?.kill(p.reason)
  }

  renewLease(p: { valid_ms: number | null }): void {
    this.renewals.push(p.valid_ms)
  }

  async stop(): Promise<void> {
    for (const { kill } of this.#running.values()) kill('stop')
  }
}
