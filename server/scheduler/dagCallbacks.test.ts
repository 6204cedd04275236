/** Callbacks of DAGs: called when a run ends by itself, at least once, whatever dies meanwhile. */
import { describe, expect, it } from 'vitest'
import type { DagSpec } from '#contract/dagSpec.ts'
import { EngineHarness, type Outcome } from './testing/engineHarness.ts'
import { spec, task } from './simulation/workload.ts'

const actor = 'x'
const dag = (more: Partial<DagSpec> = {}): DagSpec =>
  spec({ dag_id: 'd', callbacks: ['success', 'failure'], tasks: [task({ task_id: 'a' }), task({ task_id: 'b' })], ...more })
const callbackOf = (h: EngineHarness) => [...h.db.runs.values()][0]?.callback
const lines = (h: EngineHarness) =>
  h.db.ledger.filter(({ kind }) => kind === 'dag_run.callback').map(({ cause, to_state, message }) => [cause, to_state, message])

async function ended(outcome: Outcome, specOf = dag()): Promise<{ h: EngineHarness; run_id: string }> {
  const h = new EngineHarness([specOf])
  await h.start()
  const run_id = await h.trigger('d')
  for (const attempt of h.takeAssigned()) await h.end(attempt, attempt.task_instance.task_id === 'a' ? outcome : 'success')
  return { h, run_id }
}

describe('the callback of a DAG', () => {
  it.each([
    ['success', 'success', 'success', 'b'],
    ['failed', 'failure', 'task_failure', 'a'],
  ] as const)('of a run that ends as %s is called once, after the run', async (outcome, kind, reason, task_id) => {
    const { h } = await ended(outcome)
    const [errand, ...others] = h.takeAssigned()
    expect(others).toEqual([])
    expect(errand).toMatchObject({ kind: 'dag_callback', task_instance: { task_id }, run: { state: outcome, callback: { kind, reason } } })
    await h.end(errand!, 'success', { output: 'told them\n' })
    expect(lines(h)).toEqual([[`on_${kind}_callback`, 'success', 'told them\n']])
    expect(callbackOf(h)).toBeNull()
    expect(h.service.engine?.runs.size).toBe(0)
    expect(h.service.engine?.errands.size).toBe(0)
  })

  it('is not called where the DAG has none, and not for a run that a person ended', async () => {
    expect((await ended('failed', dag({ callbacks: ['success'] }))).h.takeAssigned()).toEqual([])
    const h = new EngineHarness([dag()])
    await h.start()
    const run_id = await h.trigger('d')
    h.takeAssigned()
    await h.answer(h.commands.runCancel({ dag_id: 'd', run_id, actor }))
    expect(h.runState(run_id)).toBe('failed')
    expect(h.takeAssigned()).toEqual([])
  })

  it('is called for a run that timed out', async () => {
    const h = new EngineHarness([dag({ dagrun_timeout_ms: 1000 })])
    await h.start()
    await h.trigger('d')
    h.takeAssigned()
    await h.pass(1500)
    expect(h.takeAssigned().map(({ kind, run }) => [kind, run.callback?.reason])).toEqual([['dag_callback', 'timed_out']])
  })

  it('that fails is told in the ledger and changes nothing of the run', async () => {
    const { h, run_id } = await ended('success')
    await h.end(h.takeAssigned()[0]!, 'failed', { reason: 'exited with code 1', output: 'x'.repeat(10_000) })
    expect(h.runState(run_id)).toBe('success')
    expect(lines(h)).toEqual([['on_success_callback', 'failed', 'x'.repeat(4_000)]])
  })

  it('survives the controller: the worker that calls it goes on, or another one calls it', async () => {
    const { h } = await ended('failed')
    const [errand] = h.takeAssigned()
    const again = await h.restarted()
    await again.hello('w', [errand!.ref])
    await again.end(errand!, 'success')
    expect(lines(again)).toHaveLength(1)

    const lost = await ended('failed')
    const later = await lost.h.restarted()
    await later.pass(5_000)
    await later.hello('other', [])
    await later.pass(4_000)
    const [second] = later.takeAssigned()
    expect(second?.kind).toBe('dag_callback')
    await later.end(second!, 'success')
    expect(lines(later)).toHaveLength(1)
  })

  it('that takes worker after worker down is given up', async () => {
    const { h } = await ended('failed')
    for (const worker_id of ['w', 'w2', 'w3']) {
      expect(h.takeAssigned().map(({ kind }) => kind)).toEqual(['dag_callback'])
      if (worker_id !== 'w3') await h.hello(worker_id === 'w' ? 'w2' : 'w3', [])
      h.service.engine!.workers.get(worker_id)!.last_heard = -100_000
      await h.pass(2_000, { beats: false })
    }
    expect(lines(h)).toEqual([['on_failure_callback', 'failed', '3 workers were lost while they called it']])
    expect(callbackOf(h)).toBeNull()
  })

  it('goes with its run when that is deleted, and does not hinder a clear', async () => {
    const gone = await ended('failed')
    const [errand] = gone.h.takeAssigned()
    await gone.h.answer(gone.h.commands.runDelete({ dag_id: 'd', run_id: gone.run_id, actor }))
    expect(gone.h.killed).toEqual([errand?.ref])
    expect(gone.h.service.engine?.runs.size).toBe(0)

    const { h, run_id } = await ended('failed')
    const [called] = h.takeAssigned()
    await h.answer(h.commands.runClear({ dag_id: 'd', run_id, options: { only_failed: true }, actor }))
    const [again] = h.takeAssigned()
    await h.end(called!, 'success')
    await h.end(again!, 'success')
    expect(h.takeAssigned().map(({ kind, run }) => [kind, run.callback?.kind])).toEqual([['dag_callback', 'success']])
    expect(lines(h)).toEqual([['on_failure_callback', 'success', null]])
  })
})
