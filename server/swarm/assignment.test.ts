import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AssignedAttempt } from '#scheduler/ports.ts'
import { type SwarmBench, startBench } from '#worker/testing/swarmBench.ts'
import { buildAssignment } from './assignment.ts'
import { XCOM_BYTES_MAX } from './limits.ts'

const NOW = Date.parse('2026-01-02T00:00:00Z')
const dates = {
  prev_success_interval_start: null,
  prev_success_interval_end: null,
  prev_success_start: null,
  prev_success_end: null,
  prev_logical_date: null,
  next_logical_date: null,
}
let bench: SwarmBench
beforeAll(async () => {
  bench = await startBench()
})
afterAll(() => bench.close())

/** An attempt of a task of which each try may take an hour. */
function attempt(change: Partial<AssignedAttempt>): AssignedAttempt {
  const made = bench.attempt({})
  const tasks = made.version.spec.tasks.map((task) => ({ ...task, execution_timeout_ms: 3_600_000 }))
  return { ...made, version: { ...made.version, spec: { ...made.version.spec, tasks } }, ...change }
}
const build = (made: AssignedAttempt) => buildAssignment(made, { now: NOW, hostname: 'w', dates, xcom_cap_bytes: 1, secrets: {} })

test.each([
  ['is all of it for an attempt that begins a try', null, 3_600_000],
  ['is what its waits have left of it', NOW - 600_000, 3_000_000],
  ['is a few seconds where nothing is left, so that the task can say so', NOW - 4_000_000, 5_000],
])('execution_timeout %s', (_, try_started_at, expected) => {
  const made = attempt({})
  const deferral = try_started_at === null ? null : { token: 't', body: '{}', try_started_at, timeout_at: null, event: '{}', output: '' }
  expect(build({ ...made, task_instance: { ...made.task_instance, deferral } }).execution_timeout_ms).toBe(expected)
})

test('a job that no message holds is refused where it is made', () => {
  const made = attempt({})
  const conf = { text: '\u00e9'.repeat(XCOM_BYTES_MAX / 2) }
  expect(() => build({ ...made, run: { ...made.run, conf } })).toThrow(
    /conf, its asset events .* have 2516\d+ bytes; the limit is 25165824/,
  )
})
