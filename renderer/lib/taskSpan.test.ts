import { expect, test } from 'vitest'
import { spanOf } from './taskSpan.ts'

const at = (minute: number) => `2026-11-23T09:0${minute}:00.000Z`

test('what waits takes time until now, over all its pokes; what ended does not', () => {
  const times = { start_time: at(5), end_time: at(6), waiting_since: at(1) }
  expect(spanOf({ state: 'up_for_reschedule', ...times })).toEqual({ start: at(1), end: null })
  expect(spanOf({ state: 'up_for_reschedule', ...times, waiting_since: null })).toEqual({ start: at(5), end: null })
  expect(spanOf({ state: 'deferred', ...times })).toEqual({ start: at(5), end: null })
  expect(spanOf({ state: 'up_for_retry', ...times })).toEqual({ start: at(5), end: at(6) })
  expect(spanOf({ state: 'success', ...times })).toEqual({ start: at(5), end: at(6) })
})
