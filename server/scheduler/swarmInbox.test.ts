import { expect, it } from 'vitest'
import { makeDagSpec, makeTaskSpec } from '#testkit/makeDagSpec.ts'
import type { AttemptReport } from './ports.ts'
import { EngineHarness } from './testing/engineHarness.ts'

it('decides many reports in several steps: what they make runnable leaves in several batches, and nothing of them is lost', async () => {
  const pairs = Array.from({ length: 600 }, (_, i) => i)
  const spec = makeDagSpec('wide', {
    tasks: pairs.flatMap((i) => [makeTaskSpec(`first_${i}`, { pool: 'wide' }), makeTaskSpec(`then_${i}`, { pool: 'wide' })]),
    edges: pairs.map((i) => [`first_${i}`, `then_${i}`, null]),
    max_active_tasks: 10_000,
    schedule: null,
    timetable: { type: 'null' },
  })
  const pools = [{ name: 'wide', slots: -1, description: '', include_deferred: false }]
  const h = new EngineHarness([spec], { pools })
  await h.start(600)
  const run_id = await h.trigger('wide')
  const firsts = h.takeAssigned()
  expect(h.batches.splice(0)).toEqual([600])

  const at = 1000
  const started = firsts.map(({ ref }): AttemptReport => ({ type: 'started', ref, at, pid: 1, hostname: 'w' }))
  const facts = { exit_code: 0, signal: '', reason: '', reason_code: '', xcoms: [], skip_task_ids: [], reschedule_at: null }
  const ended = firsts.map(({ ref }): AttemptReport => ({
    ...{ type: 'ended', ref, at: at + 1, outcome: 'success', ...facts },
    ...{ deferral_json: null, max_rss_bytes: null, log_truncated: false },
  }))
  await h.answer(h.inbox.workerReports({ worker_id: 'w', reports: [...started, ...ended] }))

  expect(h.batches).toEqual([400, 200])
  expect(new Set(h.takeAssigned().map(({ task_instance }) => task_instance.task_id))).toEqual(new Set(pairs.map((i) => `then_${i}`)))
  const rows = [...h.db.instances.values()].filter(({ task_id }) => task_id.startsWith('first_'))
  expect(rows).toHaveLength(600)
  for (const row of rows) expect(row).toMatchObject({ state: 'success', start_time: at, end_time: at + 1 })
  expect(h.runState(run_id)).toBe('running')
})
