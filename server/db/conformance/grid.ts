import { describe, expect, test } from 'vitest'
import { encodeDuration, stateByte } from '#contract/gridCells.ts'
import { TASK_INSTANCE_STATES } from '#contract/states.ts'
import { AT, makeLedgerEntry, makeRun, makeTaskInstance } from '#testkit/makeRecords.ts'
import { allPages, type SubjectOf } from './subject.ts'

const DAY = 86_400_000

export function gridConformance(subject: SubjectOf): void {
  describe('gridRunList', () => {
    test('pages runs newest first, filtered by state, type and logical date', async () => {
      const s = subject()
      const version = await s.dag('grid_runs')
      const runs = Array.from({ length: 7 }, (_, i) =>
        makeRun(s.id(), 'grid_runs', version, {
          state: i % 2 === 0 ? 'success' : 'failed',
          run_type: i < 3 ? 'scheduled' : 'manual',
          logical_date: AT + i * DAY,
          conf: { large: 'x' },
        }),
      )
      await s.commit({ dag_runs_insert: runs })
      const seen = await allPages((cursor) => s.store.gridRunList({ dag_id: 'grid_runs', limit: 3, cursor }))
      expect(seen.map((run) => run.id)).toEqual(runs.map((run) => run.id).reverse())
      expect(seen[0]).not.toHaveProperty('conf')
      expect(seen[0]?.logical_date).toBe(AT + 6 * DAY)
      expect(seen[0]?.last_change).toBeNull()
      const [id, dag_run_id] = [s.id(), runs[6]?.id ?? 0]
      await s.commit({ ledger_insert: [makeLedgerEntry(id, { dag_id: 'grid_runs', dag_run_id })] })
      const changed = await s.store.gridRunList({ dag_id: 'grid_runs', limit: 2 })
      expect(changed.data.map(({ last_change }) => last_change)).toEqual([id, null])
      const ids = async (filter: object) =>
        (await s.store.gridRunList({ dag_id: 'grid_runs', limit: 10, ...filter })).data.map((run) =>
          runs.findIndex(({ id }) => id === run.id),
        )
      expect(await ids({ state: 'failed' })).toEqual([5, 3, 1])
      expect(await ids({ run_type: 'scheduled', state: 'success' })).toEqual([2, 0])
      expect(await ids({ logical_date_from: AT + 2 * DAY, logical_date_to: AT + 4 * DAY })).toEqual([4, 3, 2])
    })
  })

  describe('gridCells', () => {
    test('hold state, tries and duration of every task instance, by the layout of its run', async () => {
      const s = subject()
      const version = await s.dag('grid_cells')
      const runs = [makeRun(s.id(), 'grid_cells', version), makeRun(s.id(), 'grid_cells', version), makeRun(s.id(), 'grid_cells', version)]
      const [first, second, empty] = runs.map(({ id }) => id) as [number, number, number]
      const made = [
        ...TASK_INSTANCE_STATES.map((state, at) =>
          makeTaskInstance(s.id(), first, {
            task_id: `t${at}`,
            state,
            try_number: at,
            start_time: AT,
            end_time: state === 'running' ? null : AT + at * 1000,
          }),
        ),
        ...TASK_INSTANCE_STATES.map((_, at) => makeTaskInstance(s.id(), second, { task_id: `t${at}`, state: 'success', try_number: 300 })),
        makeTaskInstance(s.id(), first, { task_id: 'mapped', map_index: 1, state: 'failed' }),
        makeTaskInstance(s.id(), first, { task_id: 'mapped', map_index: 0, state: 'success' }),
      ]
      await s.commit({ dag_runs_insert: runs, task_instances_insert: made })
      const cells = await s.store.gridCells({ dag_run_ids: [first, second, empty], active: [first] })
      expect(cells.runs.map((run) => run.dag_run_id)).toEqual([first, second])
      for (const run of cells.runs) {
        const names = cells.layouts[run.layout]?.split('\n') ?? []
        const expected = made.filter((task) => task.dag_run_id === run.dag_run_id)
        expect(names.toSorted()).toEqual(
          expected.map(({ task_id, map_index }) => (map_index < 0 ? task_id : `${task_id}\t${map_index}`)).sort(),
        )
        for (const task of expected) {
          const at = names.indexOf(task.map_index < 0 ? task.task_id : `${task.task_id}\t${task.map_index}`)
          expect(run.states[at]).toBe(stateByte(task.state))
          expect(run.tries[at]).toBe(Math.min(255, task.try_number))
          const took = task.start_time === null || task.end_time === null ? null : task.end_time - task.start_time
          expect(run.durations[at]).toBe(encodeDuration(took))
        }
      }
      expect(cells.begun).toEqual([{ dag_run_id: first, task_id: 't3', map_index: -1, start_time: AT }])
    })

    test('share one layout between runs with the same task instances', async () => {
      const s = subject()
      const version = await s.dag('grid_layouts')
      const runs = [makeRun(s.id(), 'grid_layouts', version), makeRun(s.id(), 'grid_layouts', version)]
      // Ids in another order than names: what the index says counts.
      const tasks = runs.flatMap(({ id }, at) =>
        (at === 0 ? ['b', 'A', 'c_1'] : ['c_1', 'b', 'A']).map((task_id) => makeTaskInstance(s.id(), id, { task_id })),
      )
      await s.commit({ dag_runs_insert: runs, task_instances_insert: tasks })
      const cells = await s.store.gridCells({ dag_run_ids: runs.map(({ id }) => id), active: [] })
      expect(cells.layouts).toHaveLength(1)
      expect(cells.runs.map(({ layout }) => layout)).toEqual([0, 0])
      expect(cells.begun).toEqual([])
    })
  })

  describe('gridVersionRows', () => {
    test('gives the rows of each version that exists', async () => {
      const s = subject()
      const version = await s.dag('grid_rows')
      const [found, ...rest] = await s.store.gridVersionRows({ ids: [version, 999_999] })
      expect(rest).toEqual([])
      const stored = await s.store.dagVersionGet({ id: version })
      expect(found).toMatchObject({ id: version, version: 1 })
      expect(found?.rows.map(({ id }) => id).sort()).toEqual(stored?.spec.tasks.map(({ task_id }) => task_id).sort())
    })
  })
}
