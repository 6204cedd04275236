/**
 * How a cell of the grid travels: the state in one byte, a duration in two, the number of the newest attempt in one. Written by the
 * server, read by the page; pure functions of numbers, so that both sides run the same code.
 */
import { TASK_INSTANCE_STATES, type TaskInstanceState } from './states.ts'

/** No task instance: the task is not part of this run. */
export const NO_INSTANCE = 0

/** A state's byte: its place in the list of states, counted from 1. New states go to the end of that list. */
export const stateByte = (state: TaskInstanceState): number => TASK_INSTANCE_STATES.indexOf(state) + 1
export const stateOfByte = (byte: number): TaskInstanceState | null => TASK_INSTANCE_STATES[byte - 1] ?? null

/** Of several states the first one here is shown: the most alarming, then the most active. */
export const SHOWN_FIRST: readonly TaskInstanceState[] = [
  'failed',
  'upstream_failed',
  'up_for_retry',
  'running',
  'restarting',
  'deferred',
  'up_for_reschedule',
  'queued',
  'scheduled',
  'none',
  'success',
  'skipped',
  'removed',
]
/** Rank by byte; the larger one is shown. */
const RANKS = Uint8Array.from({ length: TASK_INSTANCE_STATES.length + 1 }, (_, byte) => {
  const state = stateOfByte(byte)
  return state === null ? 0 : SHOWN_FIRST.length - SHOWN_FIRST.indexOf(state)
})

/** The byte that stands for both. */
export const moreTelling = (a: number, b: number): number => ((RANKS[a] ?? 0) >= (RANKS[b] ?? 0) ? a : b)

/** The byte that stands for all of them. */
export function mostTelling(bytes: Iterable<number>): number {
  let shown = NO_INSTANCE
  for (const byte of bytes) shown = moreTelling(shown, byte)
  return shown
}

/** Eleven bits of a duration are kept: 0.05 %, more than is ever printed. */
const MANTISSA_BITS = 11
const MANTISSA = 2 ** MANTISSA_BITS
const DURATION_CODE_MAX = 0xffff

/** 0 = none. Exact below 4 s, then a floating form that reaches a century; a longer one counts as that. */
export function encodeDuration(ms: number | null): number {
  if (ms === null) return 0
  const value = Math.max(0, Math.round(ms)) + 1
  if (value < 2 * MANTISSA) return value
  const exponent = Math.floor(Math.log2(value))
  const mantissa = Math.round(value / 2 ** (exponent - MANTISSA_BITS))
  return Math.min(DURATION_CODE_MAX, MANTISSA * (exponent - MANTISSA_BITS + 1) + (mantissa - MANTISSA))
}

export function decodeDuration(code: number): number | null {
  if (code === 0) return null
  if (code < 2 * MANTISSA) return code - 1
  const exponent = Math.floor(code / MANTISSA) - 1
  return (MANTISSA + (code % MANTISSA)) * 2 ** exponent - 1
}
