import { QueryClient } from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DagDetail } from '#contract/dag.ts'
import type { LiveEvent } from '#contract/events.ts'
import { applyEvents } from './applyEvent.ts'
import { mendLateAnswers, type LateAnswers } from './lateAnswers.ts'
import { queryKeys } from './queryKeys.ts'

const key = queryKeys.dagDetail('etl')
const bar = (state: string) => ({ run_id: 'r1', state, start_time: null })
const dag = (state: 'running' | 'success') =>
  ({
    id: 'etl',
    active_runs: state === 'running' ? 1 : 0,
    run_counts: { queued: 0, running: 0, success: 0, failed: 0, [state]: 1 },
    last_run: null,
    last_run_state: state,
    recent_runs: [bar(state)],
  }) as unknown as DagDetail
const ended: LiveEvent = {
  type: 'dag_run',
  dag_id: 'etl',
  run_id: 'r1',
  run_type: 'manual',
  state: 'success',
  logical_date: null,
  run_after: '2026-11-23T09:00:00.000Z',
  start_time: null,
  end_time: '2026-11-23T09:00:00.000Z',
  task_counts: { success: 1 },
}

let client: QueryClient
let late: LateAnswers
let applied: number
let answer: (dag: DagDetail) => void
let asked: number
beforeEach(() => {
  client = new QueryClient()
  applied = 0
  asked = 0
  late = mendLateAnswers(client, (events) => {
    applied += events.length
    applyEvents(client, events)
  })
})
afterEach(() => {
  late.stop()
  client.clear()
})
const ask = () =>
  client.fetchQuery({
    queryKey: key,
    queryFn: () => {
      asked += 1
      return new Promise<DagDetail>((resolve) => (answer = resolve))
    },
  })
const see = (event: LiveEvent) => {
  late.saw([event])
  applyEvents(client, [event])
}
const shown = () => client.getQueryData<DagDetail>(key)

describe('an answer that an event has overtaken', () => {
  it('gets the event applied, whether or not the page had data before', async () => {
    for (const before of [undefined, dag('running')]) {
      client.setQueryData(key, before)
      const asking = ask()
      see(ended)
      answer(dag('running'))
      await asking
      expect(shown()).toMatchObject({ last_run_state: 'success', active_runs: 0 })
    }
  })
  it('stays as it is if the event came before the question', async () => {
    see(ended)
    const asking = ask()
    answer(dag('running'))
    await asking
    expect([shown()?.last_run_state, applied]).toEqual(['running', 0])
  })
  it('is asked for again after a gap in the events', async () => {
    const asking = ask()
    late.saw([{ type: 'reset' }])
    answer(dag('running'))
    await asking
    expect(client.getQueryState(key)?.isInvalidated).toBe(true)
    const again = ask()
    answer(dag('success'))
    await again
    expect([asked, client.getQueryState(key)?.isInvalidated]).toEqual([2, false])
  })
  it('that never came is forgotten', async () => {
    const asking = ask()
    asking.catch(() => undefined)
    await client.cancelQueries({ queryKey: key })
    see(ended)
    expect(applied).toBe(0)
    const second = ask()
    answer(dag('success'))
    await second
    expect(applied).toBe(0)
  })
})
