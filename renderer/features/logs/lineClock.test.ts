import { expect, test } from 'vitest'
import { shownTime, TIME_WIDTH } from './lineClock.ts'

const AT = Date.UTC(2026, 10, 23, 9, 8, 7, 65)
const clock = { zone: 'Europe/Berlin', begun: AT - 72_300 }

test('a line without a time of its own shows when it came, in the zone of the page', () => {
  expect(shownTime('loaded', AT, clock)).toEqual({
    text: '10:08:07.065',
    title: '2026-11-23 10:08:07.065 CET\n1 min 12 s after the start of the attempt',
    iso: '2026-11-23T09:08:07.065Z',
  })
})

test('a line that begins with an instant shows that one, as exact as it is written', () => {
  expect(shownTime('2026-11-23T09:00:00.123456Z x', AT, clock)).toMatchObject({ text: '10:00:00.123', iso: '2026-11-23T09:00:00.123Z' })
  expect(shownTime('[2026-11-23T05:00:00+0100] x', AT, clock).text).toBe('05:00:00    ')
  expect(shownTime('[2026-11-23T05:00:00+0100] x', AT, clock).title).toContain('It came at 2026-11-23 10:08:07.065 CET')
})

test('an instant without a zone is shown as it is written', () => {
  expect(shownTime('2026-11-23 09:00:00,123 INFO x', AT, clock)).toMatchObject({ text: '09:00:00.123', iso: null })
})

test('all have one width, also where nothing is known', () => {
  const lines = ['x', '2026-11-23T09:00:00Z x', '2026-11-23 09:00:00,1 x', '2026-99-23T09:00:00Z x']
  for (const line of lines) for (const at of [AT, null]) expect(shownTime(line, at, clock).text.length).toBe(TIME_WIDTH)
  expect(shownTime('x', null, clock)).toMatchObject({ text: ' '.repeat(TIME_WIDTH), title: '', iso: null })
})
