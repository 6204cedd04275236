import { describe, expect, it } from 'vitest'
import { arrivedWords, dagScheduleInZone, dagScheduleWords, scheduleWords } from './schedule.ts'

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
    ['Asset', 'Assets'],
    ['Asset or 0 8 * * 1', 'Assets, or at 08:00, only on Monday'],
    ['99 99 * * *', '99 99 * * *'],
  ])('says %s as %s', (schedule, words) => {
    expect(scheduleWords(schedule)).toBe(words)
  })
  it('names the zone of clock times only', () => {
    const inZone = (schedule_interval: string | null, timezone: string) =>
      dagScheduleInZone({ schedule_interval, timezone, asset_schedule: null })
    expect(inZone('0 3 * * *', 'Europe/Berlin')).toBe('Every day at 03:00 (Europe/Berlin)')
    expect(inZone('@daily', 'UTC')).toBe('Every day at 00:00 (UTC)')
    expect(inZone('0:10:00', 'UTC')).toBe('Every 10 minutes')
    expect(inZone(null, 'UTC')).toBe('Only when triggered')
  })
  it.each([
    ['Asset', 'orders and rates'],
    ['Dataset or 0 8 * * 1', 'orders and rates, or at 08:00, only on Monday'],
    ['Asset or @daily', 'orders and rates, or every day at 00:00'],
  ])('names the assets of %s', (schedule_interval, words) => {
    const asset_schedule = { condition: 'orders and rates', arrived: 1, wanted: 2 }
    expect(dagScheduleWords({ schedule_interval, asset_schedule })).toBe(words)
  })
  it('says how much has arrived', () => {
    const arrived = (arrived: number, wanted: number) => arrivedWords({ asset_schedule: { condition: '', arrived, wanted } })
    expect([arrived(0, 1), arrived(0, 2), arrived(1, 2)]).toEqual(['Waits for an update', '0 of 2 arrived', '1 of 2 arrived'])
    expect(arrivedWords({ asset_schedule: null })).toBeNull()
  })
})
