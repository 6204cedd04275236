/** What a clear brings along: the decisions of branches above, and the setups and teardowns of what is cleared. */
import { describe, expect, it } from 'vitest'
import { EngineHarness } from './testing/engineHarness.ts'
import { spec, task } from './simulation/workload.ts'

async function started(...args: ConstructorParameters<typeof EngineHarness>): Promise<EngineHarness> {
  const harness = new EngineHarness(...args)
  await harness.start()
  return harness
}

const actor = 'x'
const clear = (h: EngineHarness, run_id: string, options: object) => h.answer(h.commands.runClear({ dag_id: 'd', run_id, options, actor }))

describe('a task that a branch excluded', () => {
  const dag = spec({
    dag_id: 'd',
    tasks: ['branch', 'left', 'right', 'after'].map((task_id) => task({ task_id, kind: 'python' })),
    edges: [
      ['branch', 'left', null],
      ['branch', 'right', null],
      ['right', 'after', null],
    ],
  })
  const decided = { branch: 'success', left: 'success', right: 'skipped', after: 'skipped' }

  async function finished(decision: object = { skipped: ['right'] }): Promise<{ h: EngineHarness; run: string }> {
    const h = await started([dag])
    const run = await h.trigger('d')
    await h.end(h.takeAssigned()[0]!, 'success', {
      skip_task_ids: ['right'],
      xcoms: [{ key: 'skipmixin_key', value_json: JSON.stringify(decision) }],
    })
    await h.endAll()
    expect(h.states(run)).toEqual(decided)
    return { h, run }
  }

  it.each([{ task_ids: ['right'] }, { task_ids: ['right'], include_downstream: true }, { task_ids: ['right', 'left', 'after'] }])(
    'is skipped again when it is cleared without its branch: %o',
    async (options) => {
      for (const decision of [{ skipped: ['right'] }, { followed: ['left'] }]) {
        const { h, run } = await finished(decision)
        await clear(h, run, options)
        const ran = await h.endAll()
        expect(ran).toEqual(options.task_ids.filter((id) => id === 'left'))
        expect(h.states(run)).toEqual(decided)
        expect(h.runState(run)).toBe('success')
      }
    },
  )
  it('is skipped again by another controller too', async () => {
    const { h, run } = await finished()
    const again = await h.restarted()
    await clear(again, run, { task_ids: ['right'] })
    expect(await again.endAll()).toEqual([])
    expect(again.states(run)).toEqual(decided)
  })
  it('is skipped again whatever it was marked as meanwhile', async () => {
    const { h, run } = await finished()
    for (const state of ['failed', 'success'] as const) {
      await h.answer(h.commands.taskInstanceMark({ dag_id: 'd', run_id: run, task_id: 'right', map_index: -1, state, actor }))
      await clear(h, run, { task_ids: ['right'] })
      expect(await h.endAll()).toEqual([])
      expect(h.states(run)).toMatchObject({ right: 'skipped' })
    }
  })
  it('runs when the branch is cleared with it and chooses it now', async () => {
    const { h, run } = await finished()
    await clear(h, run, { task_ids: ['branch'], include_downstream: true })
    expect((await h.endAll()).sort()).toEqual(['after', 'branch', 'left', 'right'])
  })
  it('runs when what stands under the key is no decision', async () => {
    for (const decision of [{ skipped: 'right' }, ['right'], null as unknown as object]) {
      const { h, run } = await finished(decision)
      await clear(h, run, { task_ids: ['right'] })
      expect(await h.endAll()).toEqual(['right'])
    }
  })
})

describe('a cancelled run of which the teardown still goes on', () => {
  it('is judged by its tasks again once they are cleared', async () => {
    const tasks = [task({ task_id: 'setup', is_setup: true }), task({ task_id: 'work' })]
    const teardown = task({ task_id: 'teardown', is_teardown: true, trigger_rule: 'all_done_setup_success' })
    const edges: [string, string, null][] = [
      ['setup', 'work', null],
      ['work', 'teardown', null],
      ['setup', 'teardown', null],
    ]
    const h = await started([spec({ dag_id: 'd', tasks: [...tasks, teardown], edges })])
    const run = await h.trigger('d')
    await h.end(h.takeAssigned()[0]!, 'success')
    await h.answer(h.commands.runCancel({ dag_id: 'd', run_id: run, actor }))
    await h.end(h.takeAssigned()[0]!, 'killed')
    expect([h.runState(run), h.states(run)]).toEqual(['running', { setup: 'success', work: 'failed', teardown: 'queued' }])
    await clear(h, run, {})
    for (const attempt of h.takeAssigned()) await h.end(attempt, attempt.task_instance.task_id === 'teardown' ? 'killed' : 'success')
    await h.endAll()
    expect([h.runState(run), h.states(run)]).toEqual(['success', { setup: 'success', work: 'success', teardown: 'success' }])
  })
})
