import { describe, expect, it } from 'vitest'
import { recentEvents } from './recentEvents.ts'

const event = (id: number) => ({ id, data: `${id}` })

describe('recent events', () => {
  it('are given from a position on', () => {
    const recent = recentEvents(100)
    for (const id of [103, 107, 108]) recent.add(event(id))
    expect(recent.since(103)).toEqual([event(107), event(108)])
    expect(recent.since(100)).toHaveLength(3)
    expect(recent.since(108)).toEqual([])
  })
  it('are not given where some are missing: before the connection, or dropped since', () => {
    const recent = recentEvents(100, 2)
    expect(recent.since(99)).toBeNull()
    for (const id of [101, 102, 103, 104]) recent.add(event(id))
    expect(recent.since(101)).toBeNull()
    expect(recent.since(102)).toEqual([event(103), event(104)])
  })
})
