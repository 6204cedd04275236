/**
 * The safe mode of a connection: what a page may change on its server. It stands in the app and not in the page, so that no button, shortcut
 * or palette command gets around it.
 *
 * Reading is never asked about, dry runs and a person's own settings (favourites, views) are not either.
 */
import type { SafeMode } from '../bridge/channels.ts'

const READING = new Set(['GET', 'HEAD'])
/** Nobody is asked again for so long after "do not ask again". */
export const GRANT_MS = 10 * 60_000

export interface Change {
  method: string
  /** With its query. */
  path: string
}
export interface ChangeQuestion {
  /** What the person answered; remember = nothing is asked again for a while. */
  (change: Change): Promise<{ may: boolean; remember: boolean }>
}

export function isChange(request: { method: string; path: string; body: ArrayBuffer | null }): boolean {
  if (READING.has(request.method)) return false
  const [path = ''] = request.path.split('?')
  if (path.startsWith('/api/me/') && path !== '/api/me/password') return false
  if (path.endsWith('/preview')) return false
  return !isDryRun(request.body)
}

function isDryRun(body: ArrayBuffer | null): boolean {
  if (body === null) return false
  try {
    const content: unknown = JSON.parse(Buffer.from(body).toString('utf8'))
    return typeof content === 'object' && content !== null && (content as { dry_run?: unknown }).dry_run === true
  } catch {
    return false
  }
}

export class ChangeGuard {
  readonly #now: () => number
  readonly #ask: ChangeQuestion
  /** Requests of one action come together: one question is for all of them. */
  #asking: Promise<boolean> | null = null
  #granted_until = -Infinity

  constructor(p: { now: () => number; ask: ChangeQuestion }) {
    this.#now = p.now
    this.#ask = p.ask
  }

  /** null = it may be sent, else why not. */
  async refusal(mode: SafeMode, change: Change): Promise<string | null> {
    if (mode === 'allow') return null
    if (mode === 'refuse') return 'This connection is for looking only: nothing was changed. Edit the connection to allow changes.'
    if (this.#now() < this.#granted_until) return null
    this.#asking ??= this.#ask(change)
      .then(({ may, remember }) => {
        if (may && remember) this.#granted_until = this.#now() + GRANT_MS
        return may
      })
      .finally(() => {
        this.#asking = null
      })
    return (await this.#asking) ? null : 'Nothing was changed: the change was not confirmed.'
  }
}
