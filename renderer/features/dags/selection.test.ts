import { describe, expect, it } from 'vitest'
import { countOf, isChosen, NOTHING, withChosen } from './selection.ts'

describe('a selection', () => {
  it('adds and takes away', () => {
    const two = withChosen(withChosen(NOTHING, 'a', true, []), 'b', true, [])
    expect([countOf(two, 9), isChosen(two, 'a'), isChosen(two, 'c')]).toEqual([2, true, false])
    expect(countOf(withChosen(two, 'a', false, []), 9)).toBe(1)
  })
  it('of all that match counts what is not loaded too; leaving one out falls back to what is shown', () => {
    expect([countOf({ all: true }, 900), isChosen({ all: true }, 'anything')]).toEqual([900, true])
    const rest = withChosen({ all: true }, 'b', false, ['a', 'b', 'c'])
    expect([countOf(rest, 900), isChosen(rest, 'b')]).toEqual([2, false])
  })
})
