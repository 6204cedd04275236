import { describe, expect, it } from 'vitest'
import { parseController } from './controllerAddress.ts'
import { ControllerList } from './controllerList.ts'

function round(list: ControllerList): string[] {
  const asked = new Set<string>()
  list.beginRound()
  for (let next = list.next(asked); next !== null; next = list.next(asked)) asked.add(next.text)
  return [...asked]
}
const A = 'http://a:50051'
const B = 'http://b:50051'
const C = 'http://c:50051'
const given = (...texts: string[]) => new ControllerList(texts.map(parseController))

describe('order', () => {
  it('begins with the leader that a standby named, and ends with the one that was lost', () => {
    const list = given(A, B, C)
    expect(round(list)).toEqual([A, B, C])
    list.leaderIs(C)
    expect(round(list)).toEqual([C, A, B])
    list.welcomed(parseController(A))
    list.lost(parseController(A))
    expect(round(list)).toEqual([B, C, A])
  })
  it('does not go back to the one that was lost because a standby has not heard of it yet', () => {
    const list = given(A, B)
    list.lost(parseController(A))
    list.leaderIs(A)
    expect(round(list)).toEqual([B, A])
  })
})

describe('who could lead', () => {
  it('is complete with those that were given, until a controller tells of others', () => {
    const list = given(A)
    round(list)
    expect(list.isComplete).toBe(true)
    list.othersAre([B])
    expect(round(list)).toEqual([A, B])
    expect(list.isComplete).toBe(true)
    list.othersAre([])
    expect(round(list)).toEqual([A])
  })
  it.each([['unknown'], ['not an address'], ['unix:/tmp/somewhere']])('is never complete with %s', (text) => {
    const list = given(A)
    list.othersAre([B, text])
    expect(round(list)).toEqual([A, B])
    expect(list.isComplete).toBe(false)
  })
  it('is not complete in a round in which the leader cannot be asked', () => {
    const list = given(A)
    list.beginRound()
    list.leaderIs('unknown')
    expect(list.isComplete).toBe(false)
    list.beginRound()
    list.leaderIs('')
    expect(list.isComplete).toBe(true)
  })
  it('never shows the token unencrypted because a controller says so', () => {
    const list = given('https://a:50051')
    list.leaderIs(B)
    expect(round(list)).toEqual(['https://a:50051'])
    list.beginRound()
    list.leaderIs(B)
    expect(list.isComplete).toBe(false)
    list.leaderIs('https://b:50051')
    expect(round(list)).toEqual(['https://b:50051', 'https://a:50051'])
  })
})

describe('the wait for a welcome', () => {
  it('is long for a first welcome and for the only controller', () => {
    expect(given(A, B).welcomeWait(parseController(A), null)).toBe(15_000)
    expect(given(A).welcomeWait(parseController(A), 6_000)).toBe(15_000)
  })
  it('is a quarter of the lease where there are others, and doubles for one that takes longer', () => {
    const list = given(A, B)
    const a = parseController(A)
    expect(list.welcomeWait(a, 6_000)).toBe(1_500)
    for (let i = 0; i < 5; i++) list.tookTooLong(a)
    expect(list.welcomeWait(a, 6_000)).toBe(15_000)
    expect(list.welcomeWait(parseController(B), 6_000)).toBe(1_500)
    list.welcomed(a)
    expect(list.welcomeWait(a, 6_000)).toBe(1_500)
  })
})
