import { expect, it } from 'vitest'
import { leafChanges } from './leafChanges.ts'

it('names the places that changed, and leaves out all that did not', () => {
  const params = (limit: number, shops: string[]) => ({ shop: { value: 'all', enum: shops }, limit: { value: limit, minimum: 1 } })
  expect(leafChanges({ field: 'params', before: params(1, ['a']), after: params(2, ['a', 'b']) })).toEqual([
    { field: 'params.shop.enum[1]', before: null, after: 'b' },
    { field: 'params.limit.value', before: 1, after: 2 },
  ])
})

it('tells a plain value, another kind of value, and what changed all over as they are', () => {
  for (const change of [
    { field: 'retries', before: 1, after: 2 },
    { field: 'schedule', before: null, after: { cron: '@daily' } },
    { field: 'list', before: Array.from({ length: 20 }, (_, at) => at), after: Array.from({ length: 20 }, (_, at) => at + 1) },
  ])
    expect(leafChanges(change)).toEqual([change])
})
