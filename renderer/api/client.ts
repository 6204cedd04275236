/** The one place that talks to the controller: a typed client over the page's own origin, with the session cookie. */
import { createClient } from '#contract/client.ts'

/** A request that hangs longer than this is ended, so that a page shows an error with "Try again" rather than an endless skeleton. */
const REQUEST_LIMIT_MS = 30_000

export const api = createClient({
  base: '',
  fetch: (url, init) => fetch(url, { ...init, credentials: 'same-origin', signal: AbortSignal.timeout(REQUEST_LIMIT_MS) }),
})
