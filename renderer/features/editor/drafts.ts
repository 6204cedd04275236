/** Unsaved text, kept in this browser: a reload, a crash or a closed tab loses nothing. */

export interface Draft {
  text: string
  /** Hash of the text that was edited; null = a new file. */
  base: string | null
  /** Milliseconds since 1970. */
  at: number
}

const PREFIX = 'vortex-draft:'
/** A browser gives a site about 5 MB, for all drafts together. */
const DRAFT_CHARS_MAX = 1_000_000

type Place = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

export function readDraft(path: string, place: Place = localStorage): Draft | null {
  try {
    const found: unknown = JSON.parse(place.getItem(PREFIX + path) ?? 'null')
    if (typeof found !== 'object' || found === null) return null
    const { text, base, at } = found as Record<string, unknown>
    return typeof text === 'string' && (typeof base === 'string' || base === null) && typeof at === 'number' ? { text, base, at } : null
  } catch {
    return null
  }
}

/** False if it could not be kept: too long, or the browser has no room. */
export function keepDraft(path: string, draft: Draft, place: Place = localStorage): boolean {
  if (draft.text.length > DRAFT_CHARS_MAX) return false
  try {
    place.setItem(PREFIX + path, JSON.stringify(draft))
    return true
  } catch {
    return false
  }
}

export function dropDraft(path: string, place: Place = localStorage): void {
  try {
    place.removeItem(PREFIX + path)
  } catch {
    // A browser that forbids storage holds no draft either.
  }
}
