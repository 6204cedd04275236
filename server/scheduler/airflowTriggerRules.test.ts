/**
 * Compares what the engine decides from the states above a task with recordings of Airflow's own trigger rule dependency
 * (python/tests/airflow_reference/record_trigger_rules.py): each rule over up to three tasks directly above in every combination of
 * states, setups among them, setups further up, and teardowns.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { TaskInstanceState, TriggerRule } from '#contract/states.ts'
import { compileGraph } from '#domain/graph.ts'
import { makeTaskSpec } from '#testkit/makeDagSpec.ts'
import { decideByStates } from './evaluate.ts'
import { ActiveRun, Instance } from './model.ts'
import { recountUpstreams } from './upstreamCounts.ts'

interface Recorded {
  rule: TriggerRule
  kind: string
  tasks: string[]
  edges: string[]
  answers: string
}

const [head, ...lines] = readFileSync(new URL('../../python/tests/airflow_reference/trigger_rules.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
const { states } = JSON.parse(head ?? '') as { states: Record<string, TaskInstanceState> }
const LETTERS = Object.keys(states)
const WORDS: Record<string, string> = { ...states, r: 'run', w: 'wait' }
const recorded = lines.map((line) => JSON.parse(line) as Recorded)

function engineOf({ rule, kind, tasks, edges }: Recorded): { run: ActiveRun; target: Instance } {
  const specs = [...tasks, `t:${kind}`].map((text) => {
    const [id = '', what] = text.split(':')
    const isTeardown = what === 'teardown'
    const trigger_rule = id === 't' ? rule : isTeardown ? 'all_done_setup_success' : 'all_success'
    return makeTaskSpec(id, { is_setup: what === 'setup', is_teardown: isTeardown, trigger_rule })
  })
  const graph = compileGraph({
    tasks: specs,
    edges: edges.map((edge) => [edge[0] ?? '', edge[2] ?? '', null]),
    task_groups: [],
  })
  const run = new ActiveRun(null as never, null as never, null as never, graph, null as never)
  run.instances = specs.map(({ task_id }, task) => new Instance(run, task, { task_id, map_index: -1, state: 'none' } as never))
  run.byTask = run.instances.map((instance) => [instance])
  return { run, target: run.instances.at(-1)! }
}

function* combinations(count: number): Generator<string> {
  if (count === 0) yield ''
  else for (const first of combinations(count - 1)) for (const letter of LETTERS) yield first + letter
}

/**
 * Different on purpose: Airflow waits for ever, until the run fails as deadlocked, where a removed instance is a setup further up or is
 * above a task with the rule all_skipped. To VORTEX a removed instance is one that does not count.
 */
function isOnPurpose({ rule, tasks, edges }: Recorded, letters: string, airflow: string | undefined): boolean {
  const isRemovedSetup = tasks.some((text, i) => text.endsWith(':setup') && !edges.includes(`${text[0]}>t`) && letters[i] === 'x')
  return airflow === 'w' && (isRemovedSetup || (rule === 'all_skipped' && letters.includes('x')))
}

describe('trigger rules as Airflow decides them', () => {
  it('were recorded in full', () => {
    expect(recorded.reduce((sum, { answers }) => sum + answers.length, 0)).toBeGreaterThan(13_000)
    for (const { tasks, answers } of recorded) expect(answers).toHaveLength(LETTERS.length ** tasks.length)
  })
  let onPurpose = 0
  it.each(recorded)('$kind $rule $tasks $edges', (graph) => {
    const { run, target } = engineOf(graph)
    const different: string[] = []
    let at = 0
    for (const letters of combinations(graph.tasks.length)) {
      for (const [i, letter] of [...letters].entries()) run.instances[i]!.record.state = states[letter]!
      recountUpstreams(run)
      const airflow = WORDS[graph.answers[at++] ?? '']
      const { outcome } = decideByStates(target)
      if (outcome === airflow) continue
      if (isOnPurpose(graph, letters, graph.answers[at - 1])) onPurpose++
      else different.push(`${letters}: ${outcome}, Airflow ${airflow}`)
    }
    expect(different).toEqual([])
  })
  it('differ on purpose in so many cases and no others', () => expect(onPurpose).toBe(250))
})
