import { describe, expect, it } from 'vitest'
import type { AssetRef, AssetStep } from '#contract/dagSpec.ts'
import { isMet, isOf } from './assets.ts'

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
