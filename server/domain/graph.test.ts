import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeTaskSpec } from '#testkit/makeDagSpec.ts'
import { compileGraph, reachable } from './graph.ts'

const tasks = (count: number, change: Parameters<typeof makeTaskSpec>[1] = {}) =>
  Array.from({ length: count }, (_, i) => makeTaskSpec(`t${i}`, change))

describe('the compiled graph', () => {
  it('orders every upstream before its downstreams', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(30), fc.nat(30)), { maxLength: 120 }), (pairs) => {
        const edges = pairs.filter(([a, b]) => a < b).map(([a, b]): [string, string, null] => [`t${a}`, `t${b}`, null])
        const graph = compileGraph({ tasks: tasks(31), edges, task_groups: [] })
        const place = new Map([...graph.order].map((task, at) => [task, at]))
        for (const [from, to] of edges) expect(place.get(graph.index.get(from)!)).toBeLessThan(place.get(graph.index.get(to)!)!)
        expect(graph.order.length).toBe(31)
      }),
    )
  })
  it('sums the weights of all descendants or ancestors once each', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(40), fc.nat(40)), { maxLength: 150 }),
        fc.constantFrom('downstream' as const, 'upstream' as const),
        (pairs, weight_rule) => {
          const edges = pairs.filter(([a, b]) => a < b).map(([a, b]): [string, string, null] => [`t${a}`, `t${b}`, null])
          const list = tasks(41, { weight_rule }).map((task, i) => ({ ...task, priority_weight: (i % 7) + 1 }))
          const graph = compileGraph({ tasks: list, edges, task_groups: [] })
          for (let i = 0; i < 41; i++) {
            const others = reachable(weight_rule === 'downstream' ? graph.downstream : graph.upstream, [i])
            const expected = list[i]!.priority_weight + [...others].reduce((sum, j) => sum + list[j]!.priority_weight, 0)
            expect(graph.weights[i]).toBe(expected)
          }
        },
      ),
    )
  })
  it('counts descendants beyond one block of bits', () => {
    const count = 5000
    const graph = compileGraph({
      task_groups: [],
      tasks: tasks(count),
      edges: Array.from({ length: count - 1 }, (_, i): [string, string, null] => [`t${i}`, `t${i + 1}`, null]),
    })
    expect(graph.weights[0]).toBe(count)
    expect(graph.weights[count - 1]).toBe(1)
  })
  it('refuses a cycle and an edge to nowhere', () => {
    expect(() =>
      compileGraph({
        task_groups: [],
        tasks: tasks(2),
        edges: [
          ['t0', 't1', null],
          ['t1', 't0', null],
        ],
      }),
    ).toThrow('cycle')
    expect(() => compileGraph({ tasks: tasks(1), edges: [['t0', 'missing', null]], task_groups: [] })).toThrow('missing')
  })
  it('lets leaves decide the run, and teardowns only if they say so', () => {
    const list = [
      makeTaskSpec('work'),
      makeTaskSpec('down', { is_teardown: true }),
      makeTaskSpec('strict', { is_teardown: true, on_failure_fail_dagrun: true }),
    ]
    const graph = compileGraph({
      task_groups: [],
      tasks: list,
      edges: [
        ['work', 'down', null],
        ['work', 'strict', null],
      ],
    })
    expect([...graph.deciders].map((i) => list[i]!.task_id)).toEqual(['strict'])
  })
})
