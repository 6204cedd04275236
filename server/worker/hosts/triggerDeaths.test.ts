import { expect, test } from 'vitest'
import { TriggerDeaths } from './triggerDeaths.ts'

const ref = (id: number, giving = 1): { task_instance_id: number; attempt: number; lease_token: string } => ({
  task_instance_id: id,
  attempt: 1,
  lease_token: `token.${giving}`,
})
const young = { age_ms: 5, is_alone: false }

test('a trigger fails at its third death, if it died alone', () => {
  const deaths = new TriggerDeaths()
  expect([1, 2, 3].map((giving) => deaths.died(ref(1, giving), { age_ms: 5, is_alone: true }))).toEqual([false, false, true])
})

test('one that has lived for a while is free of suspicion, and so is one that ended', () => {
  const deaths = new TriggerDeaths()
  for (const innocent of [() => deaths.died(ref(1), { age_ms: 10_000, is_alone: true }), () => deaths.forget(ref(1))]) {
    for (const giving of [1, 2]) expect(deaths.died(ref(1, giving), young)).toBe(false)
    expect(deaths.groupOf(ref(1, 3))).toHaveLength(2)
    innocent()
    expect(deaths.groupOf(ref(1, 4))).toBe('')
  }
})

test('of a thousand that die with one of them, that one alone fails', () => {
  const deaths = new TriggerDeaths()
  const deadly = 500
  const failed: number[] = []
  let hosts = 0
  for (let giving = 1; failed.length === 0; giving++) {
    const group = deaths.groupOf(ref(deadly))
    const beside = Array.from({ length: 1_000 }, (_, id) => id).filter((id) => deaths.groupOf(ref(id)) === group)
    hosts = Math.max(hosts, new Set(Array.from({ length: 1_000 }, (_, id) => deaths.groupOf(ref(id)))).size)
    const is_alone = beside.length === 1
    for (const id of beside) if (deaths.died(ref(id, giving), { age_ms: 5, is_alone })) failed.push(id)
    expect(giving).toBeLessThan(7)
  }
  expect(failed).toEqual([deadly])
  expect(hosts).toBeLessThan(70)
})
