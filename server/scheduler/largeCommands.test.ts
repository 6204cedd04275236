import { describe, expect, it } from 'vitest'
import { spec, task } from './simulation/workload.ts'
import { EngineHarness } from './testing/engineHarness.ts'

const dag = spec({ dag_id: 'd', tasks: ['a', 'b', 'c'].map((task_id) => task({ task_id })) })

/** Finished runs of `tasks` task instances each, as rows. */
async function withHistory(runs: number, tasks: number): Promise<EngineHarness> {
  const h = new EngineHarness([dag])
  await h.start()
  await h.trigger('d', { run_id: 'first' })
  await h.endAll()
  const run = [...h.db.runs.values()][0]!
  const instance = [...h.db.instances.values()][0]!
  for (let i = 0; i < runs; i++) {
    h.db.runs.set(100 + i, { ...run, id: 100 + i, run_id: `r${i}`, logical_date: i, task_counts: { success: tasks } })
    for (let t = 0; t < tasks; t++)
      h.db.instances.set(1000 * (i + 1) + t, { ...instance, id: 1000 * (i + 1) + t, dag_run_id: 100 + i, task_id: `t${t}` })
  }
  return h
}

describe('deleting a DAG', () => {
  it('with a long history takes that away in batches, and lets others commit in between', async () => {
    const h = await withHistory(12, 500)
    const sizes: number[] = []
    h.db.watch = {
      before: (commit) => void sizes.push(commit.dag_runs_delete.length, ...(commit.dags_delete.length > 0 ? [h.db.instances.size] : [])),
      after: () => undefined,
      conflict: () => undefined,
    }
    await h.answer(h.commands.dagDelete({ dag_id: 'd', actor: 'x' }))
    expect(sizes.filter((n) => n > 0)[0]).toBe(4)
    // What the commit of the DAG itself finds is small.
    expect(sizes.at(-1)).toBeLessThanOrEqual(2_003)
    expect([h.db.runs.size, h.db.instances.size, h.db.dags.size]).toEqual([0, 0, 0])
  })

  it('with a short one is one commit', async () => {
    const h = await withHistory(3, 3)
    const before = h.db.commits
    await h.answer(h.commands.dagDelete({ dag_id: 'd', actor: 'x' }))
    expect([h.db.commits - before, h.db.dags.size, h.db.runs.size]).toEqual([1, 0, 0])
  })

  it('is refused before anything is deleted if a run is active', async () => {
    const h = await withHistory(12, 500)
    await h.trigger('d', { run_id: 'active' })
    await expect(h.answer(h.commands.dagDelete({ dag_id: 'd', actor: 'x' }))).rejects.toMatchObject({ code: 'invalid_state' })
    expect(h.db.runs.size).toBe(14)
  })
})

describe('a clear of more task instances than one commit should hold', () => {
  it('is refused with what to do, and changes nothing', async () => {
    const h = new EngineHarness([dag], { clear_max: 2 })
    await h.start()
    const run_id = await h.trigger('d')
    await h.endAll()
    const clear = (options: object) => h.answer(h.commands.runClear({ dag_id: 'd', run_id, options, actor: 'x' }))
    await expect(clear({})).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('at most 2 at once') as string,
    })
    expect(h.states(run_id)).toEqual({ a: 'success', b: 'success', c: 'success' })
    await expect(clear({ dry_run: true })).resolves.toMatchObject({ dry_run: true })
    await clear({ task_ids: ['a'] })
    expect(h.states(run_id)).toMatchObject({ a: 'queued', b: 'success' })
  })
})
