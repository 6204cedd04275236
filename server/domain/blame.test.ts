import { describe, expect, it } from 'vitest'
import type { TaskInstanceState, TriggerRule } from '#contract/states.ts'
import { makeDagSpec, makeTaskSpec } from '#testkit/makeDagSpec.ts'
import { blame, type BlamedInstance } from './blame.ts'
import { compileGraph } from './graph.ts'

/** Words: what is blamed for the last task of a graph, roots after an arrow. */
function blamed(p: {
  edges: [string, string][]
  rule?: TriggerRule
  state: TaskInstanceState
  states: Record<string, TaskInstanceState | [TaskInstanceState, 'by rule']>
}): string[] {
  const names = [...new Set(p.edges.flat())]
  const spec = makeDagSpec('d', {
    tasks: names.map((name) => makeTaskSpec(name, name === 'last' && p.rule !== undefined ? { trigger_rule: p.rule } : {})),
    edges: p.edges.map(([from, to]) => [from, to, null]),
  })
  const graph = compileGraph(spec)
  const instances = (task: number): BlamedInstance[] => {
    const task_id = graph.tasks[task]!.task_id
    const given = p.states[task_id]
    if (given === undefined) return []
    const [state, by_rule] = Array.isArray(given) ? [given[0], true] : [given, false]
    return [{ task_id, map_index: -1, state, by_rule }]
  }
  return blame({ graph, task: graph.index.get('last')!, state: p.state, instances }).map(({ upstream, roots }) =>
    [upstream.task_id, ...roots.map((root) => root.task_id)].join(' <- '),
  )
}

describe('who is blamed', () => {
  it('for upstream_failed: the upstreams that failed, and where a chain of failures began', () => {
    const states = {
      ok: 'success',
      direct: 'failed',
      first: 'failed',
      middle: ['upstream_failed', 'by rule'],
      chain: ['upstream_failed', 'by rule'],
    } as const
    const edges: [string, string][] = [
      ['ok', 'last'],
      ['direct', 'last'],
      ['first', 'middle'],
      ['middle', 'chain'],
      ['chain', 'last'],
    ]
    expect(blamed({ edges, state: 'upstream_failed', states: states as never })).toEqual(['direct', 'chain <- first'])
  })
  it('for skipped: the upstreams that were skipped, and the task that skipped itself', () => {
    const states = { gate: 'skipped', chain: ['skipped', 'by rule'], ok: 'success' } as const
    const edges: [string, string][] = [
      ['gate', 'chain'],
      ['chain', 'last'],
      ['ok', 'last'],
    ]
    expect(blamed({ edges, state: 'skipped', states: states as never })).toEqual(['chain <- gate'])
  })
  it.each<[TriggerRule, TaskInstanceState, TaskInstanceState, string[]]>([
    ['all_failed', 'skipped', 'success', ['a']],
    ['one_failed', 'skipped', 'success', ['a', 'b']],
    ['all_skipped', 'skipped', 'success', ['a']],
    ['none_skipped', 'skipped', 'success', ['b']],
    ['one_success', 'upstream_failed', 'failed', ['a']],
  ])('%s that made it %s', (rule, state, a, found) => {
    const edges: [string, string][] = [
      ['a', 'last'],
      ['b', 'last'],
    ]
    const b = rule === 'all_failed' ? 'failed' : 'skipped'
    expect(blamed({ edges, rule, state, states: { a, b } })).toEqual(found)
  })
  it('all of them, if none in particular speaks against it', () => {
    const edges: [string, string][] = [['a', 'last']]
    expect(blamed({ edges, rule: 'none_failed', state: 'skipped', states: { a: 'success' } })).toEqual(['a'])
  })
})
