/**
 * Answers that events have overtaken. A question may be answered from before an event and arrive after it; written into the cache as
 * it is, it would show the older state until the next event or reload (a run of 50 ms stayed "running").
 *
 * So events are kept while any question is under way, and its answer gets those that came since it was asked applied once more.
 * Events between the page's first answer and the stream's opening come too: the stream starts at that answer (events_id of /api/me).
 * Invariant: what the cache holds of an object is never older than the newest event of it that this page has seen. The other way
 * round needs no care: the event behind a newer answer is still to come.
 */
import type { Query, QueryClient } from '@tanstack/react-query'
import type { LiveEvent } from '#contract/events.ts'

/** 30 s (the limit of a request) at 300 events a second. Beyond it a late answer is not mended but asked for again. */
const KEPT_MAX = 10_000

export interface LateAnswers {
  /** Events that were applied just now. */
  saw: (events: readonly LiveEvent[]) => void
  stop: () => void
}

export function mendLateAnswers(client: QueryClient, apply: (events: LiveEvent[]) => void): LateAnswers {
  /** Questions under way -> how many of `kept` had come when they were asked. */
  const asked = new Map<string, number>()
  let kept: LiveEvent[] = []

  const answered = (query: Query, since: number, isAnswer: boolean): void => {
    asked.delete(query.queryHash)
    const missed = kept.slice(since)
    if (asked.size === 0) kept = []
    if (!isAnswer || missed.length === 0) return
    if (missed.some(({ type }) => type === 'reset')) void client.invalidateQueries({ queryKey: query.queryKey, exact: true })
    else apply(missed)
  }
  const stop = client.getQueryCache().subscribe((change) => {
    const { query } = change as { query: Query }
    const since = asked.get(query.queryHash)
    if (change.type === 'removed') asked.delete(query.queryHash)
    else if (change.type !== 'updated') return
    else if (query.state.fetchStatus !== 'idle') {
      if (since === undefined) asked.set(query.queryHash, kept.length)
    } else if (since !== undefined) answered(query, since, change.action.type === 'success')
  })
  return {
    saw(events) {
      if (asked.size === 0) return
      kept.push(...events)
      if (kept.length <= KEPT_MAX) return
      kept = [{ type: 'reset' }]
      for (const hash of asked.keys()) asked.set(hash, 0)
    },
    stop,
  }
}
