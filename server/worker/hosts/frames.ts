/**
 * Frames between the worker and its Python hosts: u32 length of what follows (big endian), u8 kind, payload.
 * Kind 1 is a JSON document; kind 2 is log output: u32 number of the attempt, then raw bytes. python/vortex/host/frames.py is the twin.
 */
const JSON_KIND = 1
const LOG_KIND = 2
const HEAD_BYTES = 5
const LOG_HEAD_BYTES = 9

/** A frame carries at most one list of XComs; caps on XComs are far below. Beyond this the peer is broken or hostile. */
const MAX_FRAME_BYTES = 256 * 1024 * 1024

export class BrokenFrameError extends Error {}

export function encodeJson(document: unknown): Buffer {
  const text = JSON.stringify(document)
  const length = Buffer.byteLength(text)
  const frame = Buffer.allocUnsafe(HEAD_BYTES + length)
  frame.writeUInt32BE(length + 1, 0)
  frame[4] = JSON_KIND
  frame.write(text, HEAD_BYTES, 'utf8')
  return frame
}

export interface FrameSink {
  json(document: unknown): void
  log(number: number, bytes: Uint8Array): void
}

/** Collects bytes and hands on each complete frame in order. Log bytes are views of what was fed: no copy. */
export class FrameDecoder {
  private readonly sink: FrameSink
  private pieces: Buffer[] = []
  private held = 0
  private wanted = HEAD_BYTES

  constructor(sink: FrameSink) {
    this.sink = sink
  }

  feed(chunk: Buffer): void {
    this.pieces.push(chunk)
    this.held += chunk.length
    // A large frame arrives in many chunks: joined once, not on each.
    if (this.held < this.wanted) return
    const data = this.pieces.length === 1 ? chunk : Buffer.concat(this.pieces)
    const end = this.readFrames(data)
    const rest = data.subarray(end)
    this.pieces = rest.length > 0 ? [rest] : []
    this.held = rest.length
  }

  private readFrames(data: Buffer): number {
    let start = 0
    for (;;) {
      this.wanted = HEAD_BYTES
      if (data.length - start < HEAD_BYTES) return start
      const length = data.readUInt32BE(start)
      if (length < 1 || length > MAX_FRAME_BYTES) throw new BrokenFrameError(`a frame of ${length} bytes; the limit is ${MAX_FRAME_BYTES}`)
      const end = start + 4 + length
      if (data.length < end) {
        this.wanted = 4 + length
        return start
      }
      this.readFrame(data, start, end)
      start = end
    }
  }

  private readFrame(data: Buffer, start: number, end: number): void {
    const kind = data[start + 4]
    if (kind === JSON_KIND) this.sink.json(JSON.parse(data.toString('utf8', start + HEAD_BYTES, end)))
    else if (kind === LOG_KIND && end - start >= LOG_HEAD_BYTES) {
      this.sink.log(data.readUInt32BE(start + HEAD_BYTES), data.subarray(start + LOG_HEAD_BYTES, end))
    } else throw new BrokenFrameError(`a frame of unknown kind ${kind}`)
  }
}
