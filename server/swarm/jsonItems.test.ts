import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { itemPlaces } from './jsonItems.ts'

function itemsOf(text: string): string[] | null {
  const places = itemPlaces(text)
  if (places === null) return null
  return Array.from({ length: places.length / 2 }, (_, i) => text.slice(places[2 * i], places[2 * i + 1]))
}

describe('the items of a list in JSON', () => {
  it('are those that JSON.parse finds, whatever is in them', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom(0, 2), (list, indent) => {
        expect(itemsOf(JSON.stringify(list, null, indent))?.map((item) => JSON.parse(item) as unknown)).toEqual(
          JSON.parse(JSON.stringify(list)),
        )
      }),
    )
  })

  it('keep their digits, and their quotes and brackets in texts', () => {
    expect(itemsOf('[12345678901234567890, "a\\\\", "],[\\"", {"k": [1, "}"]}]')).toEqual([
      '12345678901234567890',
      ' "a\\\\"',
      ' "],[\\""',
      ' {"k": [1, "}"]}',
    ])
  })

  it('are none of an empty list, and nothing of what is no list', () => {
    expect(itemsOf(' [ ] ')).toEqual([])
    for (const text of ['{"a": [1]}', '"[1]"', '1', 'null']) expect(itemPlaces(text)).toBeNull()
  })
})
