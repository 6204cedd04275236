import { describe, expect, it } from 'vitest'
import type { AssetConditionStep, AssetDetail } from '#contract/asset.ts'
import { conditionTree } from './conditionTree.ts'
import { assetGraph } from './graphModel.ts'

const step = (name: string): AssetConditionStep => ({ step: 'asset', type: 'asset', name, uri: name, events: 0, arrived_at: null })

describe('a condition', () => {
  it('is a tree, as its steps join what stands before them', () => {
    const tree = conditionTree([step('a'), step('b'), { step: 'any', of: 2 }, step('c'), { step: 'all', of: 2 }])
    expect(tree).toEqual({
      kind: 'group',
      of: 'all',
      parts: [
        {
          kind: 'group',
          of: 'any',
          parts: [
            { kind: 'asset', asset: step('a') },
            { kind: 'asset', asset: step('b') },
          ],
        },
        { kind: 'asset', asset: step('c') },
      ],
    })
    expect(conditionTree([])).toBeNull()
  })
})

describe('the graph of an asset', () => {
  const asset = (producers: number, consumers: number): AssetDetail => ({
    uri: 's3://a',
    name: 'a',
    group: 'asset',
    last_event: null,
    aliases: [],
    producers: Array.from({ length: producers }, (_, i) => ({
      dag_id: `p${i}`,
      dag_display_name: null,
      is_paused: false,
      alias: null,
      task_id: 't',
    })),
    consumers: Array.from({ length: consumers }, (_, i) => ({
      ...{ dag_id: `c${i}`, dag_display_name: null, is_paused: i === 0, alias: null },
      ...{ condition: 'a', queued_events: 0, queued_at: null },
    })),
    readers: [],
    is_cut: false,
  })
  const labels = (graph: ReturnType<typeof assetGraph>, column: string) =>
    graph.nodes.flatMap(({ id, data }) => (id.startsWith(column) ? data.label : []))

  it('joins every producer to it, and it to every consumer', () => {
    const graph = assetGraph(asset(2, 1))
    expect(graph.edges.map(({ source, target }) => [source, target])).toEqual([
      ['in 0', 'asset 0'],
      ['in 1', 'asset 0'],
      ['asset 0', 'out 0'],
    ])
    expect(graph.nodes.find(({ id }) => id === 'out 0')?.data.kind).toBe('paused')
  })
  it('draws a dozen on a side and counts the rest', () => {
    const shown = labels(assetGraph(asset(0, 12)), 'out')
    expect([shown.length, shown.at(-1)]).toEqual([12, 'c11'])
    const cut = labels(assetGraph(asset(0, 40)), 'out')
    expect([cut.length, cut.at(-1)]).toEqual([12, 'and 29 more'])
  })
})
