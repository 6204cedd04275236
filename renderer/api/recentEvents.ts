/** The newest events of a connection that tabs share, for a tab that comes later: it gets those after its own first answer. Pure. */
import type { RawEvent } from './eventConnection.ts'

/** 10 s at 300 events a second; a tab is a second old when it asks. */
const KEPT_MAX = 3000

export interface RecentEvents {
  add: (event: RawEvent) => void
  /** Events after a position, or null if they are not all here. */
  since: (id: number) => RawEvent[] | null
}

/** `start`: position after which the connection began. */
export function recentEvents(start: number, max = KEPT_MAX): RecentEvents {
  let complete = start
  let kept: RawEvent[] = []
  return {
    add(event) {
      kept.push(event)
      if (kept.length < max * 2) return
      complete = kept[max - 1]?.id ?? complete
      kept = kept.slice(max)
    },
    since: (id) => (id < complete ? null : kept.filter((event) => event.id > id)),
  }
}
