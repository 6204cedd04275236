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

test('an instant without a zone is of the zone in which the line was written just before it came', () => {
  const inZone = (written: string) => shownTime(`[${written}] INFO x`, AT, clock)
  for (const written of ['2026-11-23 09:08:07,001', '2026-11-23 10:08:07,001', '2026-11-22 23:08:07,001', '2026-11-23 14:53:07.001'])
    expect(inZone(written), written).toMatchObject({ text: '10:08:07.001', iso: '2026-11-23T09:08:07.001Z' })
  expect(inZone('2026-11-23 09:08:07,001').title).toContain('The line says 2026-11-23 09:08:07,001')
})

test('is shown as it is written where that says nothing', () => {
  expect(shownTime('2026-11-23 09:00:00,123 INFO x', AT, clock)).toMatchObject({ text: '09:00:00.123', iso: null })
  expect(shownTime('2026-11-21 09:08:07,001 INFO x', AT, clock)).toMatchObject({ text: '09:08:07.001', iso: null })
  expect(shownTime('2026-11-23 09:08:07,001 INFO x', null, clock)).toMatchObject({ text: '09:08:07.001', iso: null })
})

test('all have one width, also where nothing is known', () => {
  const lines = ['x', '2026-11-23T09:00:00Z x', '2026-11-23 09:00:00,1 x', '2026-99-23T09:00:00Z x']
  for (const line of lines) for (const at of [AT, null]) expect(shownTime(line, at, clock).text.length).toBe(TIME_WIDTH)
  expect(shownTime('x', null, clock)).toMatchObject({ text: ' '.repeat(TIME_WIDTH), title: '', iso: null })
})
