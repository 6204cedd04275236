/**
 * What a person's work leaves in this browser: drafts of files, confs to trigger with. Kept under the user's name, so that nobody meets the
 * text of somebody else who used the same browser, and gone with the sign-out, as a conf may hold a password.
 */

type Place = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>
export type KeptKind = 'draft' | 'trigger-presets'

const PREFIX = 'vortex.kept:'
const keyOf = (username: string, kind: KeptKind, name: string) => `${PREFIX}${username}:${kind}:${name}`

const keysOf = (place: Place): string[] => Array.from({ length: place.length }, (_, at) => place.key(at) ?? '')

export interface KeptInBrowser {
  /** What was kept, checked by nobody; null = nothing, or the browser forbids storage. */
  read(username: string, kind: KeptKind, name: string): unknown
  /** False if the browser has no room, or forbids storage: then leaving the page loses it. */
  write(username: string, kind: KeptKind, name: string, value: unknown): boolean
  drop(username: string, kind: KeptKind, name: string): void
  names(username: string, kind: KeptKind): string[]
  /** The person signs out. What the page still writes before it is gone is kept no more. */
  end(): void
}

/** `placeOf` is asked each time: a browser that forbids storage throws where it is named. */
export function createKeptInBrowser(placeOf: () => Place): KeptInBrowser {
  let isOver = false
  const attempt = <T>(work: (place: Place) => T, otherwise: T): T => {
    try {
      return work(placeOf())
    } catch {
      return otherwise
    }
  }
  return {
    read: (...key) => attempt((place) => JSON.parse(place.getItem(keyOf(...key)) ?? 'null') as unknown, null),
    write: (username, kind, name, value) =>
      isOver ||
      attempt((place) => {
        place.setItem(keyOf(username, kind, name), JSON.stringify(value))
        return true
      }, false),
    drop: (...key) => {
      attempt((place) => {
        place.removeItem(keyOf(...key))
      }, undefined)
    },
    names: (username, kind) => {
      const start = keyOf(username, kind, '')
      return attempt(keysOf, []).flatMap((key) => (key.startsWith(start) ? [key.slice(start.length)] : []))
    },
    end: () => {
      isOver = true
      attempt((place) => {
        for (const key of keysOf(place)) if (key.startsWith(PREFIX)) place.removeItem(key)
      }, undefined)
    },
  }
}

export const keptInBrowser = createKeptInBrowser(() => localStorage)
