/**
 * The server's clock, for everything that is counted from a time that the server gave: on a computer whose own clock is five minutes
 * slow, a running task would show no time at all, on a fast one five minutes too much.
 */

/** A beat that was held up on its way looks like a slower server; the least late of the newest ones counts. */
const BEATS_KEPT = 4
/** Less is the way through the network, and nobody sees it. */
const UNNOTICED_MS = 1000

let beats: number[] = []

/** `ahead`: what the server's clock showed more than this computer's, in ms. */
export function learnServerTime(ahead: number): void {
  if (Number.isFinite(ahead)) beats = [...beats, ahead].slice(-BEATS_KEPT)
}

/** The present moment by the server's clock, ms since the epoch. */
export function serverNow(): number {
  const ahead = beats.length === 0 ? 0 : Math.max(...beats)
  return Date.now() + (Math.abs(ahead) < UNNOTICED_MS ? 0 : ahead)
}
