import { expect, test } from 'vitest'
import { ParseQueue } from './parseQueue.ts'

test('edited files come first, each file once, in order of arrival', () => {
  const queue = new ParseQueue()
  for (const file of ['a', 'b', 'c']) queue.add(file, 'found')
  queue.add('r', 'recheck')
  queue.add('c', 'edited')
  queue.add('c', 'found')
  queue.add('a', 'recheck')
  expect(queue.size).toBe(4)
  const order = []
  for (let next = queue.take(); next !== null; next = queue.take()) order.push(`${next.file} ${next.priority}`)
  expect(order).toEqual(['c edited', 'a found', 'b found', 'r recheck'])
})

test('a removed file is not parsed', () => {
  const queue = new ParseQueue()
  queue.add('a', 'edited')
  queue.remove('a')
  expect(queue.take()).toBeNull()
})
