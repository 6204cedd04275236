import { describe, expect, test } from 'vitest'
import { BrokenFrameError, encodeJson, FrameDecoder } from './frames.ts'

const logFrame = (number: number, bytes: Buffer): Buffer => {
  const head = Buffer.alloc(9)
  head.writeUInt32BE(bytes.length + 5, 0)
  head[4] = 2
  head.writeUInt32BE(number, 5)
  return Buffer.concat([head, bytes])
}

const decode = (chunks: Buffer[]): unknown[] => {
  const seen: unknown[] = []
  const decoder = new FrameDecoder({
    json: (document) => seen.push(document),
    log: (number, bytes) => seen.push([number, Buffer.from(bytes).toString('hex')]),
  })
  for (const chunk of chunks) decoder.feed(chunk)
  return seen
}

describe('frames', () => {
  test('survive any cut', () => {
    const data = Buffer.concat([
      encodeJson({ t: 'a', text: 'ö€' }),
      logFrame(7, Buffer.from([0, 255])),
      logFrame(8, Buffer.alloc(0)),
      encodeJson([1]),
    ])
    for (let size = 1; size <= data.length; size += 1) {
      const chunks = Array.from({ length: Math.ceil(data.length / size) }, (_unused, index) =>
        data.subarray(index * size, (index + 1) * size),
      )
      expect(decode(chunks)).toEqual([{ t: 'a', text: 'ö€' }, [7, '00ff'], [8, ''], [1]])
    }
  })

  test('what is no frame is refused', () => {
    for (const bytes of ['ffffffff01', '000000000000', '00000005096162636465'])
      expect(() => decode([Buffer.from(bytes, 'hex')])).toThrow(BrokenFrameError)
  })
})
