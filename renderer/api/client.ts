/** The one place that talks to the controller: a typed client over the page's own origin, with the session cookie. */
import { createClient, type FetchLike } from '#contract/client.ts'
import { NoAnswerError } from './errors.ts'

/** A read that hangs longer than this is ended, so that a page shows an error with "Try again" rather than an endless skeleton. */
const READ_LIMIT_MS = 30_000
/** A write goes on in the server whether or not the page waits: it is given the time of a backfill of a year on a busy server. */
const WRITE_LIMIT_MS = 120_000

/** A test has less time, and a network of its own. */
export function pageFetch(
  limits = { read_ms: READ_LIMIT_MS, write_ms: WRITE_LIMIT_MS },
  send: typeof fetch = fetch.bind(globalThis),
): FetchLike {
  return async (url, { signal: unwanted, ...init }) => {
    const isRead = init.method === 'GET'
    const limit = AbortSignal.timeout(isRead ? limits.read_ms : limits.write_ms)
    const signal = unwanted === undefined ? limit : AbortSignal.any([unwanted, limit])
    try {
      const response = await send(url, { ...init, credentials: 'same-origin', signal })
      const text = await response.text()
      return { status: response.status, text: () => Promise.resolve(text) }
    } catch (error) {
      if (!isRead && limit.aborted) throw new NoAnswerError({ cause: error })
      throw error
    }
  }
}

export const api = createClient({ base: '', fetch: pageFetch() })
