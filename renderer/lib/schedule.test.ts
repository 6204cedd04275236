import { describe, expect, it } from 'vitest'
import { scheduleInZone, scheduleWords } from './schedule.ts'

describe('schedule in words', () => {
  it.each([
    [null, 'Only when triggered'],
    ['@daily', 'Every day at 00:00'],
    ['0 3 * * *', 'Every day at 03:00'],
    ['30 4 * * 1-5', 'At 04:30, Monday through Friday'],
    ['*/15 * * * *', 'Every 15 minutes'],
    ['1 day, 0:00:00', 'Every day'],
    ['0:10:00', 'Every 10 minutes'],
    ['2 days, 1:30:00', 'Every 2 days 1 hour 30 minutes'],
    ['Asset: s3://bucket', 'Asset: s3://bucket'],
    ['99 99 * * *', '99 99 * * *'],
  ])('says %s as %s', (schedule, words) => {
    expect(scheduleWords(schedule)).toBe(words)
  })
  it('names the zone of clock times only', () => {
    expect(scheduleInZone('0 3 * * *', 'Europe/Berlin')).toBe('Every day at 03:00 (Europe/Berlin)')
    expect(scheduleInZone('@daily', 'UTC')).toBe('Every day at 00:00 (UTC)')
    expect(scheduleInZone('0:10:00', 'UTC')).toBe('Every 10 minutes')
    expect(scheduleInZone(null, 'UTC')).toBe('Only when triggered')
  })
})
