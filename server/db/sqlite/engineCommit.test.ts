import { constants } from 'node:buffer'
import { expect, test } from 'vitest'
import { makeCommit, makeXCom } from '#testkit/makeRecords.ts'
import { encodeCommit } from './engineCommit.ts'

test('XComs that together pass the longest string there is can be committed', () => {
  // One value of 16 MiB (the default limit) with many quotes, which JSON would escape once more; all share its memory here.
  const value = JSON.stringify(Array.from({ length: (16 * 1024 * 1024) / 5 }, () => 'ab'))
  const count = Math.ceil(constants.MAX_STRING_LENGTH / value.length)
  const xcoms = Array.from({ length: count }, (_, i) => makeXCom(1, `t${i}`, { value, size: value.length }))
  const { text, large_xcoms } = encodeCommit(makeCommit(1, 1, { xcoms_put: xcoms }))
  expect(text.length).toBeLessThan(10_000)
  expect(large_xcoms.reduce((rows, group) => rows + group.rows, 0)).toBe(count)
})
