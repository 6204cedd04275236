import { expect, test } from 'vitest'
import { encodeFrame, FrameReader } from './frames.ts'

const documents = [{ a: 1 }, { text: 'ä'.repeat(100_000) }, [], null]

test.each([1, 7, 65_536])('frames arrive whole when they are cut into pieces of %i bytes', (size) => {
  const bytes = Buffer.concat(documents.map(encodeFrame))
  const reader = new FrameReader()
  const found: unknown[] = []
  for (let at = 0; at < bytes.length; at += size) found.push(...reader.feed(bytes.subarray(at, at + size)))
  expect(found).toEqual(documents)
})

test('what is no frame is refused before memory is taken for it', () => {
  expect(() => new FrameReader().feed(Buffer.from('Traceback (most recent call last)'))).toThrow('not a frame')
  expect(() => new FrameReader().feed(Buffer.from([0, 0, 0, 5, 9, 1, 1, 1, 1]))).toThrow('kind 9')
})
