/** Setups and teardowns as Airflow has them: work needs its setups, teardowns run whatever became of the work. */
import { describe, expect, it } from 'vitest'
import type { TaskSpec } from '#contract/dagSpec.ts'
import { EngineHarness, type Outcome } from './testing/engineHarness.ts'
import { spec, task } from './simulation/workload.ts'

const actor = 'x'

/** create -> first -> last -> destroy, and create -> destroy. `last` runs whatever became of `first`. */
async function started(change: Record<string, Partial<TaskSpec>> = {}): Promise<{ h: EngineHarness; run: string }> {
  const h = new EngineHarness([
    spec({
      dag_id: 'd',
      tasks: [
        task({ task_id: 'create', is_setup: true, ...change['create'] }),
        task({ task_id: 'first', ...change['first'] }),
        task({ task_id: 'last', trigger_rule: 'all_done', ...change['last'] }),
        task({ task_id: 'destroy', is_teardown: true, trigger_rule: 'all_done_setup_success', ...change['destroy'] }),
      ],
      edges: [
        ['create', 'first', null],
        ['first', 'last', null],
        ['last', 'destroy', null],
        ['create', 'destroy', null],
      ],
    }),
  ])
  await h.start()
  return { h, run: await h.trigger('d') }
}

const ending =
  (outcomes: Record<string, Outcome>) =>
  (task_id: string): Outcome =>
    outcomes[task_id] ?? 'success'

describe('work between a setup and its teardown', () => {
  it('runs in order', async () => {
    const { h, run } = await started()
    expect(await h.endAll()).toEqual(['create', 'first', 'last', 'destroy'])
    expect(h.runState(run)).toBe('success')
  })
  it('does not run when a setup further up has failed, whatever its own trigger rule', async () => {
    const { h, run } = await started()
    expect(await h.endAll(ending({ create: 'failed' }))).toEqual(['create'])
    expect(h.states(run)).toEqual({ create: 'failed', first: 'upstream_failed', last: 'upstream_failed', destroy: 'upstream_failed' })
    expect(h.runState(run)).toBe('failed')
  })
  it('is skipped with its setup', async () => {
    const { h, run } = await started()
    await h.endAll(ending({ create: 'skipped' }))
    expect(h.states(run)).toEqual({ create: 'skipped', first: 'skipped', last: 'skipped', destroy: 'skipped' })
    expect(h.runState(run)).toBe('success')
  })
  it('waits for a setup further up that runs again, and says so', async () => {
    const { h, run } = await started()
    await h.endAll()
    await h.answer(h.commands.runClear({ dag_id: 'd', run_id: run, options: { task_ids: ['last'] }, actor }))
    expect(h.takeAssigned().map(({ task_instance }) => task_instance.task_id)).toEqual(['create'])
    const why = h.queries.why({ dag_id: 'd', run_id: run, task_id: 'last', map_index: -1 })
    expect(why?.reasons).toMatchObject([{ code: 'setup', link: { task_id: 'create' } }])
  })
})

describe('a teardown', () => {
  it('runs when the work failed, and the run fails by the work', async () => {
    const { h, run } = await started()
    expect(await h.endAll(ending({ last: 'failed' }))).toEqual(['create', 'first', 'last', 'destroy'])
    expect(h.runState(run)).toBe('failed')
  })
  it.each([
    [false, 'success'],
    [true, 'failed'],
  ])('decides the run only if asked (on_failure_fail_dagrun %s)', async (on_failure_fail_dagrun, expected) => {
    const { h, run } = await started({ destroy: { on_failure_fail_dagrun } })
    await h.endAll(ending({ destroy: 'failed' }))
    expect(h.runState(run)).toBe(expected)
  })
  it('decides in place of the work above it if asked, as in Airflow', async () => {
    const { h, run } = await started({ destroy: { on_failure_fail_dagrun: true } })
    await h.endAll(ending({ last: 'failed' }))
    expect(h.states(run)).toMatchObject({ last: 'failed', destroy: 'success' })
    expect(h.runState(run)).toBe('success')
  })
  it('decides a run that has nothing but teardowns', async () => {
    const only = task({ task_id: 'destroy', is_teardown: true, trigger_rule: 'all_done_setup_success' })
    const h = new EngineHarness([spec({ dag_id: 'd', tasks: [only] })])
    await h.start()
    const run = await h.trigger('d')
    await h.endAll(() => 'failed')
    expect(h.runState(run)).toBe('failed')
  })
  it('waits for all work between its setup and it, although what is directly above has ended early', async () => {
    const edges: [string, string, null][] = [
      ['create', 'slow', null],
      ['create', 'quick', null],
      ['slow', 'early', null],
      ['quick', 'early', null],
      ['early', 'destroy', null],
      ['create', 'destroy', null],
    ]
    const tasks = [
      task({ task_id: 'create', is_setup: true }),
      task({ task_id: 'slow' }),
      task({ task_id: 'quick' }),
      task({ task_id: 'early', trigger_rule: 'one_success' }),
      task({ task_id: 'destroy', is_teardown: true, trigger_rule: 'all_done_setup_success' }),
    ]
    const h = new EngineHarness([spec({ dag_id: 'd', tasks, edges })])
    await h.start()
    const run = await h.trigger('d')
    await h.end(h.takeAssigned()[0]!, 'success')
    const work = h.takeAssigned()
    await h.end(
      work.find(({ task_instance }) => task_instance.task_id === 'quick')!,
      'success',
    )
    await h.end(h.takeAssigned()[0]!, 'success')
    expect(h.states(run)).toMatchObject({ early: 'success', destroy: 'none' })
    const why = h.queries.why({ dag_id: 'd', run_id: run, task_id: 'destroy', map_index: -1 })
    expect(why?.reasons).toMatchObject([{ code: 'upstream', link: { task_id: 'slow' } }])
    await h.end(
      work.find(({ task_instance }) => task_instance.task_id === 'slow')!,
      'success',
    )
    expect(await h.endAll()).toEqual(['destroy'])
    expect(h.runState(run)).toBe('success')
  })
  it('still runs when a person cancels the run or marks it failed; then the run is failed', async () => {
    for (const command of ['runCancel', 'runMark'] as const) {
      const { h, run } = await started()
      await h.end(h.takeAssigned()[0]!, 'success')
      const [first] = h.takeAssigned()
      const p = { dag_id: 'd', run_id: run, state: 'failed', actor } as const
      await h.answer(h.commands[command](p))
      expect(h.killed).toEqual([first!.ref])
      // Not beside processes that are still being ended.
      expect(h.states(run)).toEqual({ create: 'success', first: 'failed', last: 'skipped', destroy: 'none' })
      expect(h.runState(run)).toBe('running')
      await h.end(first!, 'killed')
      expect(await h.endAll()).toEqual(['destroy'])
      expect(h.runState(run), command).toBe('failed')
      expect([...h.db.runs.values()][0]?.state_reason).toBe(command === 'runCancel' ? 'cancelled' : 'marked')
    }
  })
  it('keeps a cancelled run failed when another controller ends it', async () => {
    const { h, run } = await started()
    await h.end(h.takeAssigned()[0]!, 'success')
    const [first] = h.takeAssigned()
    // Nothing of the work failed: only the cancelling says that the run did not succeed.
    await h.answer(h.commands.taskInstanceMark({ dag_id: 'd', run_id: run, task_id: 'first', map_index: -1, state: 'success', actor }))
    await h.answer(h.commands.taskInstanceMark({ dag_id: 'd', run_id: run, task_id: 'last', map_index: -1, state: 'success', actor }))
    for (const attempt of [first!, ...h.takeAssigned()]) await h.end(attempt, 'killed')
    await h.answer(h.commands.runCancel({ dag_id: 'd', run_id: run, actor }))
    const again = await h.restarted()
    const teardown = h.assigned.find(({ task_instance }) => task_instance.task_id === 'destroy')
    await again.hello('w', teardown === undefined ? [] : [teardown.ref])
    await again.end(teardown!, 'success')
    expect(again.runState(run)).toBe('failed')
  })
  it('does not run when the run is cancelled before its setup has succeeded', async () => {
    const { h, run } = await started()
    await h.answer(h.commands.runCancel({ dag_id: 'd', run_id: run, actor }))
    await h.end(h.takeAssigned()[0]!, 'killed')
    expect(h.states(run)).toEqual({ create: 'failed', first: 'skipped', last: 'skipped', destroy: 'upstream_failed' })
    expect(h.runState(run)).toBe('failed')
  })
  it('still runs when a person marks the run as successful', async () => {
    const { h, run } = await started()
    await h.end(h.takeAssigned()[0]!, 'success')
    const [first] = h.takeAssigned()
    await h.answer(h.commands.runMark({ dag_id: 'd', run_id: run, state: 'success', actor }))
    await h.end(first!, 'killed')
    expect(h.states(run)).toEqual({ create: 'success', first: 'success', last: 'success', destroy: 'queued' })
    expect(await h.endAll()).toEqual(['destroy'])
    expect(h.runState(run)).toBe('success')
  })
  it('is killed when the run is cancelled a second time', async () => {
    const { h, run } = await started()
    await h.end(h.takeAssigned()[0]!, 'success')
    const [first] = h.takeAssigned()
    await h.answer(h.commands.runCancel({ dag_id: 'd', run_id: run, actor }))
    await h.end(first!, 'killed')
    await h.answer(h.commands.runCancel({ dag_id: 'd', run_id: run, actor }))
    expect(h.killed).toHaveLength(2)
    expect([h.states(run)['destroy'], h.runState(run)]).toEqual(['failed', 'failed'])
  })
})

describe('a clear', () => {
  it.each([
    ['work', ['last'], ['create', 'last', 'destroy']],
    ['a setup', ['create'], ['create', 'destroy']],
    ['a teardown', ['destroy'], ['destroy']],
  ])('of %s brings its setups and teardowns along', async (_, task_ids, expected) => {
    const { h, run } = await started()
    await h.endAll()
    const { task_instances } = await h.answer(
      h.commands.runClear({ dag_id: 'd', run_id: run, options: { task_ids, dry_run: true }, actor }),
    )
    expect(task_instances.map(({ task_id }) => task_id)).toEqual(expected)
    await h.answer(h.commands.runClear({ dag_id: 'd', run_id: run, options: { task_ids }, actor }))
    expect(await h.endAll()).toEqual(expected)
    expect(h.runState(run)).toBe('success')
  })
})
