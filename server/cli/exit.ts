/** Exit codes and the one sentence that an error becomes. */
import { VortexError, type ErrorCode } from '#contract/errors.ts'

export const EXIT = {
  ok: 0,
  /** The thing itself failed: a run ended failed, an object does not exist, a check found a fault. */
  failed: 1,
  /** The command line or a value in it cannot be used. */
  usage: 2,
  /** No server answers, or it cannot serve now. Trying again may help. */
  unreachable: 3,
  /** Not signed in, or the role does not allow it. */
  forbidden: 4,
} as const

export const EXIT_HELP = `Exit codes: 0 ok, 1 it failed, 2 wrong usage, 3 server not reachable, 4 not allowed.`

/** Every part was stopped; a handle that one forgot must not keep the process. */
const END_MS = 1_000

/** Ends the process with `process.exitCode` if it does not end by itself. */
export function endSoon(): void {
  setTimeout(() => process.exit(), END_MS).unref()
}

/** An error that is told to the user as it is, with the exit code that belongs to it. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly exitCode: number
  constructor(exitCode: number, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.exitCode = exitCode
  }
}

const EXIT_OF_CODE: Partial<Record<ErrorCode, number>> = {
  invalid_request: EXIT.usage,
  invalid_params: EXIT.usage,
  unauthorized: EXIT.forbidden,
  forbidden: EXIT.forbidden,
  not_leader: EXIT.unreachable,
  database_unavailable: EXIT.unreachable,
  rate_limited: EXIT.unreachable,
}

const ADVICE: Partial<Record<ErrorCode, string>> = {
  unauthorized: 'Set VORTEX_API_KEY to a valid API key (dashboard, own account, API keys).',
  invalid_params: "A DAG's params, with types and defaults, are listed by: vortex dags show DAG_ID",
  not_leader: 'Try again in a few seconds.',
  database_unavailable: 'Try again in a few seconds.',
}

/** An answer whose errors name options of the command line, not the fields of the API that they fill. */
export async function inOptions<T>(answer: Promise<T>, options: Readonly<Record<string, string>>): Promise<T> {
  try {
    return await answer
  } catch (cause) {
    if (!(cause instanceof VortexError)) throw cause
    const message = cause.message.replace(/\b[a-z]+(?:_[a-z]+)*\b/g, (word) => options[word] ?? word)
    const { field } = (cause.details ?? {}) as { field?: unknown }
    // The sentence names the option; the details would only name the field again.
    throw new VortexError(cause.code, message, typeof field === 'string' ? null : cause.details, { cause })
  }
}

/** Fields of a request as they were typed: `body.run_id` is the option --run-id, `params.dag_id` the argument dag_id. */
function inWords(message: string): string {
  return message.replace(/\b(body|querystring|params)\.(--)?([a-z_-]+)/g, (_, part: string, _dashes: unknown, name: string) =>
    part === 'params' ? name : `--${name.replaceAll('_', '-')}`,
  )
}

export interface Failure {
  exitCode: number
  code: string
  message: string
  details: unknown
}

/** What an error means for the user. Unexpected ones keep their message; their stack is shown with VORTEX_DEBUG=1. */
export function describeError(error: unknown): Failure {
  if (error instanceof CliError) return { exitCode: error.exitCode, code: 'cli', message: error.message, details: null }
  if (error instanceof VortexError) {
    const advice = ADVICE[error.code]
    const sentence = inWords(error.message)
    const message = advice === undefined || /try again/i.test(sentence) ? sentence : `${sentence} ${advice}`
    return { exitCode: EXIT_OF_CODE[error.code] ?? EXIT.failed, code: error.code, message, details: error.details }
  }
  const message = error instanceof Error ? error.message : String(error)
  return { exitCode: EXIT.failed, code: 'internal', message, details: null }
}
