import { describe, expect, it } from 'vitest'
import { makeDagSpec, makeTaskSpec } from '#testkit/makeDagSpec.ts'
import { makeTaskInstance } from '#testkit/makeRecords.ts'
import { whyEnded } from './whyEnded.ts'

const instance = (task_id: string, state: 'failed' | 'skipped' | 'upstream_failed' | 'removed', state_reason: string | null) =>
  makeTaskInstance(1, 1, { task_id, state, state_reason })
const names = Array.from({ length: 12 }, (_, n) => `up${n}`)
const spec = makeDagSpec('d', {
  tasks: [...names, 'last'].map((name) => makeTaskSpec(name)),
  edges: names.map((name) => [name, 'last', null]),
})

describe('why a task instance ended without running', () => {
  it('names the branch that did not choose it', () => {
    const answer = whyEnded({ task_instance: instance('a', 'skipped', 'not chosen by fork.pick'), spec: null, others: [] })
    expect(answer.reasons).toEqual([
      { code: 'branch', message: 'It was skipped because fork.pick did not choose it.', link: { task_id: 'fork.pick' } },
    ])
  })
  it('names ten upstreams and counts the others', () => {
    const last = instance('last', 'upstream_failed', 'trigger rule all_success')
    const others = [last, ...names.map((name) => instance(name, 'failed', 'exit 1'))]
    const { reasons } = whyEnded({ task_instance: last, spec, others })
    expect(reasons[0]).toEqual({
      code: 'upstream_state',
      message: 'Upstream up0 is failed; the trigger rule is all_success.',
      link: { task_id: 'up0' },
    })
    expect([reasons.length, reasons.at(-1)?.message]).toEqual([11, '2 more upstream task instances speak against it.'])
  })
  it('says what is known where no other task is the reason', () => {
    const removed = instance('a', 'removed', 'the run lies outside the start_date and end_date of the task')
    expect(whyEnded({ task_instance: removed, spec: null, others: [] }).reasons).toEqual([
      { code: 'finished', message: 'It ended as removed: the run lies outside the start_date and end_date of the task.', link: {} },
    ])
  })
})
