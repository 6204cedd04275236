/** Errors as people read them. Code branches on `code`; the text is the server's own sentence. */
import { VortexError, type ErrorCode } from '#contract/errors.ts'
import { strings } from '../strings.ts'

/** A change was sent and nothing came back in time: it may have been done, it may be done yet. */
export class NoAnswerError extends Error {
  constructor(options?: ErrorOptions) {
    super(strings.errors.noAnswer, options)
    this.name = 'NoAnswerError'
  }
}

export function errorCode(error: unknown): ErrorCode | 'offline' | 'no_answer' | null {
  if (error instanceof VortexError) return error.code
  if (error instanceof NoAnswerError) return 'no_answer'
  // fetch rejects with TypeError when nothing answers, and with TimeoutError when our own limit ends it.
  if (error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError')) return 'offline'
  return null
}

export function errorText(error: unknown): string {
  if (errorCode(error) === 'offline') return strings.errors.offline
  return error instanceof Error ? error.message : String(error)
}

/** Trying again can help only where the server was unreachable or unwell, never where it refused. */
export function isWorthRetrying(error: unknown): boolean {
  const code = errorCode(error)
  return code === 'offline' || code === 'internal' || code === 'database_unavailable' || code === 'not_leader'
}
