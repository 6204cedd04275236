import { constants } from 'node:buffer'
import { expect, test } from 'vitest'
import { makeCommit, makeXCom } from '#testkit/makeRecords.ts'
import { encodeCommit } from './engineCommit.ts'

test('XComs that together pass the longest string there is can be committed', () => {
  // One value of 16 MiB (the default limit) with many quotes, which JSON would escape once more; all share its memory here.
  const value = JSON.stringify(Array.from({ length: (16 * 1024 * 1024) / 5 }, () => 'ab'))
  const count = Math.ceil(constants.MAX_STRING_LENGTH / value.length)
  const xcoms = Array.from({ length: count }, (_, i) => makeXCom(1, `t${i}`, { value, size: value.length }))
  const encoded = encodeCommit(makeCommit(1, 1, { xcoms_put: xcoms }))
  if (typeof encoded === 'string') throw new Error('as one text')
  expect(encoded.groups.xcoms_put.reduce((rows, group) => rows + group.rows, 0)).toBe(count)
})

test('so can the deferrals of as many tasks, each of the largest size', () => {
  const body = JSON.stringify(Array.from({ length: (1024 * 1024) / 5 }, () => 'ab'))
  const count = Math.ceil(constants.MAX_STRING_LENGTH / body.length)
  const deferral = { token: 't', body, timeout_at: null, event: null, output: '' }
  const [first] = [deferral].map((one) => JSON.stringify(one))
  expect(first!.length * count).toBeGreaterThan(constants.MAX_STRING_LENGTH)
  const change = { expect_state: 'running', expect_try_number: 1, set: { state: 'deferred', deferral } } as const
  const encoded = encodeCommit(makeCommit(1, 1, { task_instances_update: Array.from({ length: count }, (_, id) => ({ id, ...change })) }))
  expect(typeof encoded).toBe('object')
})
