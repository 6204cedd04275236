/** What the start and the end of a run cost does not depend on how many runs its DAG has. */
import { expect, it } from 'vitest'
import { EngineHarness } from './testing/engineHarness.ts'
import { spec, task } from './simulation/workload.ts'

it('a run ends, and the next one starts, without a walk over the runs of the DAG', async () => {
  const h = new EngineHarness([
    spec({
      dag_id: 'd',
      max_active_runs: 2,
      tasks: [task({ task_id: 'a' })],
      schedule: '* * * * *',
      timetable: { type: 'cron_data_interval', cron: '* * * * *', timezone: 'UTC' },
      start_date: '2025-12-31T23:30:00.000Z',
      catchup: true,
    }),
  ])
  await h.start()
  for (let i = 0; i < 20; i++) await h.trigger('d')
  const dag = h.service.engine?.dags.get('d')
  expect(dag?.runs.size).toBe(22)
  const walk = (): never => {
    throw new Error('a walk over all runs')
  }
  Object.assign(dag!.runs, { values: walk, entries: walk, forEach: walk, [Symbol.iterator]: walk })
  await h.endAll()
  for (let i = 0; i < 60; i++) await h.endAll()
  expect(h.db.leader.epoch).toBe(1)
  // 20 by hand, 30 by the schedule.
  expect([...h.db.runs.values()].filter(({ state }) => state === 'success')).toHaveLength(50)
  expect(dag).toMatchObject({ active: 0, running: 0 })
  expect(dag?.queued.size).toBe(0)
})
