import { describe, expect, it } from 'vitest'
import { TASK_INSTANCE_STATES, type TaskInstanceState } from '#contract/states.ts'
import { TaskStates } from './taskStates.ts'

const instance = (task_id: string, state: TaskInstanceState) => ({ task_id, state, start_time: null, end_time: null })

describe('states of a graph', () => {
  it('shows the most alarming state of a group, and counts the others', () => {
    const states = new TaskStates()
    states.set([instance('a', 'success'), instance('b', 'failed'), instance('c', 'running')])
    const group = states.summary('g', ['a', 'b', 'c'])
    expect(group?.state).toBe('failed')
    expect(Object.fromEntries(group?.counts ?? [])).toEqual({ success: 1, failed: 1, running: 1 })
    expect(states.summary('none', [])).toBeNull()
  })
  it('counts the time of a task that waits until now, not that of its last attempt', () => {
    const states = new TaskStates()
    const [begun, ended] = ['2026-11-23T09:00:00.000Z', '2026-11-23T09:00:01.000Z']
    const done = { ...instance('b', 'success'), start_time: begun, end_time: ended }
    states.set([{ ...instance('a', 'deferred'), start_time: begun, end_time: ended }, done])
    expect(states.summary('g', ['a', 'b'])).toMatchObject({ start_time: begun, end_time: null })
    expect(states.summary('b', ['b'])?.end_time).toBe(ended)
  })
  it('keeps the identity of a summary whose tasks did not change', () => {
    const states = new TaskStates()
    states.set([instance('a', 'running'), instance('b', 'running')])
    const [a, b] = [states.summary('a', ['a']), states.summary('b', ['b'])]
    states.set([instance('a', 'running'), instance('b', 'success')])
    expect(states.summary('a', ['a'])).toBe(a)
    expect(states.summary('b', ['b'])).not.toBe(b)
  })
  it('knows a place for every state', () => {
    for (const state of TASK_INSTANCE_STATES) {
      const states = new TaskStates()
      states.set([instance('a', state)])
      expect(states.summary('a', ['a'])?.state).toBe(state)
    }
  })
})
