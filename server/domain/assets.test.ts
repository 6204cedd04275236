import { describe, expect, it } from 'vitest'
import type { AssetRef, AssetStep, TaskSpec } from '#contract/dagSpec.ts'
import { makeDagSpec } from '#testkit/makeDagSpec.ts'
import { arrivedOf, assetUses, conditionWords, isMet, isOf } from './assets.ts'

const asset = (name: string, uri: string | null = `s3://${name}`): AssetRef => ({ type: 'asset', name, uri, group: 'asset', extra: {} })
const alias = (name: string): AssetRef => ({ type: 'alias', name, uri: null, group: 'asset', extra: {} })
const update = (name: string, by: string | null = null) => ({ name, uri: `s3://${name}`, alias: by })
const step = (ref: AssetRef): AssetStep => ({ step: 'asset', asset: ref })

describe('an event', () => {
  it('is of the asset with its URI, of one that is referred to by name, and of its alias', () => {
    expect(isOf(update('a'), asset('another name', 's3://a'))).toBe(true)
    expect(isOf(update('a'), asset('a', 's3://b'))).toBe(false)
    expect(isOf(update('a'), asset('a', null))).toBe(true)
    expect(isOf(update('a', 'x'), alias('x'))).toBe(true)
    expect(isOf(update('x'), alias('x'))).toBe(false)
  })
})

describe('a condition', () => {
  // (a or b) and c
  const condition: AssetStep[] = [step(asset('a')), step(asset('b')), { step: 'any', of: 2 }, step(asset('c')), { step: 'all', of: 2 }]

  it.each([
    [['a'], false],
    [['c'], false],
    [['a', 'c'], true],
    [['b', 'c', 'b'], true],
    [['a', 'b'], false],
    [[], false],
  ])('(a or b) and c, with events of %j: %s', (names, expected) => {
    expect(
      isMet(
        condition,
        names.map((name) => update(name)),
      ),
    ).toBe(expected)
  })
})

describe('a condition in words', () => {
  const all = (of: number): AssetStep => ({ step: 'all', of })
  const any = (of: number): AssetStep => ({ step: 'any', of })
  const [a, b, c] = ['a', 'b', 'c'].map((name) => step(asset(name))) as [AssetStep, AssetStep, AssetStep]

  it.each([
    [[a], 'a'],
    [[a, b, all(2)], 'a and b'],
    [[a, b, any(2), c, all(2)], '(a or b) and c'],
    [[a, b, c, any(3)], 'a or b or c'],
  ] as [AssetStep[], string][])('%j', (steps, words) => {
    expect(conditionWords(steps)).toBe(words)
  })
  it('is none without a condition, and bounded', () => {
    expect(conditionWords(undefined)).toBeNull()
    const many = Array.from({ length: 500 }, (_, i) => step(asset(`asset_${i}`)))
    expect(conditionWords([...many, all(500)])?.length).toBe(300)
  })
})

describe('the uses of a DAG', () => {
  const task = { ...makeDagSpec('d').tasks[0], task_id: 't' } as TaskSpec
  it('are its schedule, outlets and inlets, each once', () => {
    const tasks = [{ ...task, outlets: [asset('a'), alias('x'), asset('a')], inlets: [asset('a')] }]
    const uses = assetUses({ asset_condition: [step(asset('b', null))], tasks })
    expect(uses.map(({ as, task_id, type, name, uri }) => [as, task_id, type, name, uri])).toEqual([
      ['schedule', null, 'asset', 'b', null],
      ['outlet', 't', 'asset', 'a', 's3://a'],
      ['outlet', 't', 'alias', 'x', null],
      ['inlet', 't', 'asset', 'a', 's3://a'],
    ])
  })
  it('have names that every database reads, and an end', () => {
    expect(assetUses({ tasks: [{ ...task, outlets: [asset('a\0b')] }] })[0]?.name).toBe('a\uFFFDb')
    const outlets = Array.from({ length: 3000 }, (_, i) => asset(`a${i}`))
    expect(assetUses({ tasks: [{ ...task, outlets }] })).toHaveLength(2000)
  })
  it('have arrived by URI, by name alone, and through an alias', () => {
    const uses = assetUses({ asset_condition: [asset('a'), asset('b', null), alias('x')].map(step), tasks: [] })
    expect(arrivedOf(uses, [])).toEqual({ wanted: 3, arrived: 0 })
    expect(arrivedOf(uses, [update('b'), update('z', 'x')])).toEqual({ wanted: 3, arrived: 2 })
    expect(arrivedOf(uses, [update('a'), update('a')])).toEqual({ wanted: 3, arrived: 1 })
  })
})
