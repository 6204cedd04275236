import { expect, test } from 'vitest'
import { formatRunId } from '#domain/schedule/timetable.ts'
import { identified } from './runIdentity.ts'

const whole = Date.parse('2026-11-23T09:00:07.000Z')
const fine = Date.parse('2026-11-23T09:00:07.041Z')

test.each([whole, fine])('a run of 3.x is named by the moment, as the server names it', (at) => {
  const chosen = '2026-01-01T00:00:00.000Z'
  for (const logical_date of [undefined, null, chosen]) {
    const body = identified({ conf: {}, ...(logical_date === undefined ? {} : { logical_date }) }, '3', at)
    const date = logical_date ? Date.parse(logical_date) : null
    expect(body.run_id).toBe(formatRunId({ run_type: 'manual', logical_date: date, run_after: at, dialect: '3' }))
    expect(body.logical_date).toBe(logical_date)
  }
})

test.each([whole, fine])('a run of 2.x by its logical date, which is that moment if nobody chose one', (at) => {
  const now = identified({ conf: {} }, '2', at)
  expect(now.run_id).toBe(formatRunId({ run_type: 'manual', logical_date: at, run_after: at, dialect: '2' }))
  expect(Date.parse(now.logical_date ?? '')).toBe(at)
  const date = Date.parse('2026-01-01T00:00:00.000Z')
  const chosen = identified({ logical_date: new Date(date).toISOString() }, '2', at)
  expect(chosen.run_id).toBe(formatRunId({ run_type: 'manual', logical_date: date, run_after: at, dialect: '2' }))
})

test('a name that a person gave is kept', () => {
  expect(identified({ run_id: 'mine' }, '3', fine)).toEqual({ run_id: 'mine' })
})
