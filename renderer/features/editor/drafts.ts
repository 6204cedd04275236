/** Unsaved text, kept in this browser for whoever typed it: a reload, a crash or a closed tab loses nothing. */
import { keptInBrowser, type KeptInBrowser } from '../../lib/keptInBrowser.ts'

export interface Draft {
  text: string
  /** Hash of the text that was edited; null = a new file. */
  base: string | null
  /** Milliseconds since 1970. */
  at: number
}
interface DraftOf {
  username: string
  path: string
}

/** A browser gives a site about 5 MB, for all drafts together. */
const DRAFT_CHARS_MAX = 1_000_000

export function readDraft({ username, path }: DraftOf, kept: KeptInBrowser = keptInBrowser): Draft | null {
  const found = kept.read(username, 'draft', path)
  if (typeof found !== 'object' || found === null) return null
  const { text, base, at } = found as Record<string, unknown>
  return typeof text === 'string' && (typeof base === 'string' || base === null) && typeof at === 'number' ? { text, base, at } : null
}

/** False if it could not be kept: too long, or the browser has no room. */
export function keepDraft({ username, path }: DraftOf, draft: Draft, kept: KeptInBrowser = keptInBrowser): boolean {
  return draft.text.length <= DRAFT_CHARS_MAX && kept.write(username, 'draft', path, draft)
}

export function dropDraft({ username, path }: DraftOf): void {
  keptInBrowser.drop(username, 'draft', path)
}
