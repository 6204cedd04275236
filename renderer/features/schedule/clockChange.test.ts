import { describe, expect, it } from 'vitest'
import { clockChangeWords } from './clockChange.ts'

describe('a change of the clock in words', () => {
  it('says which hour is missing', () => {
    const words = clockChangeWords({ at: '2030-03-31T01:00:00.000Z', offset_before: 60, offset_after: 120 })
    expect([words.date, words.from, words.to, words.mark]).toEqual(['2030-03-31', '02:00', '03:00', '1 h missing'])
    expect(words.sentence).toContain('2030-03-31: the clock goes forward from 02:00 to 03:00.')
  })
  it('says which hour comes twice', () => {
    const words = clockChangeWords({ at: '2030-10-27T01:00:00.000Z', offset_before: 120, offset_after: 60 })
    expect([words.date, words.from, words.to, words.mark]).toEqual(['2030-10-27', '03:00', '02:00', '1 h twice'])
  })
  it('knows half hours', () => {
    expect(clockChangeWords({ at: '2030-04-06T15:00:00.000Z', offset_before: 660, offset_after: 630 }).mark).toBe('30 min 00 s twice')
  })
})
