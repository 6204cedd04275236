import { afterEach, describe, expect, it, vi } from 'vitest'
import { filtersIn, runFilterOf } from './allRunsFilter.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('the filter of all runs', () => {
  it('ends with the last millisecond of a day, of 23 and 25 hours, too', () => {
    vi.stubEnv('TZ', 'Europe/Berlin')
    const range = (from: string, to: string, isLocal: boolean) => {
      const { ended_from, ended_to } = runFilterOf({ from, to }, isLocal)
      return [ended_from, ended_to]
    }
    // The clock is turned back: 25 hours.
    expect(range('2026-10-25', '2026-10-25', true)).toEqual(['2026-10-24T22:00:00.000Z', '2026-10-25T22:59:59.999Z'])
    expect(range('2026-03-29', '2026-03-29', true)).toEqual(['2026-03-28T23:00:00.000Z', '2026-03-29T21:59:59.999Z'])
    expect(range('2026-12-31', '2026-12-31', false)).toEqual(['2026-12-31T00:00:00.000Z', '2026-12-31T23:59:59.999Z'])
  })
  it('counts no field of the trigger dialog', () => {
    const address = { trigger: 'etl', conf_of: 'manual__1', logical_date: '2026-11-23', state: 'failed' as const }
    expect(filtersIn(address)).toEqual(['state'])
  })
})
