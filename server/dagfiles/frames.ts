/** Frames of the parse host's pipes: u32 length of what follows (big endian), u8 kind (1 = JSON), payload. Twin: python/vortex/host/frames.py. */

const JSON_KIND = 1
const HEAD_BYTES = 5
/** A parse result may have 64 MiB (limits.py); beyond it the host is broken. */
export const FRAME_BYTES_MAX = 66 * 1024 * 1024

export function encodeFrame(document: unknown): Buffer {
  const payload = Buffer.from(JSON.stringify(document), 'utf8')
  const frame = Buffer.allocUnsafe(HEAD_BYTES + payload.length)
  frame.writeUInt32BE(payload.length + 1, 0)
  frame.writeUInt8(JSON_KIND, 4)
  payload.copy(frame, HEAD_BYTES)
  return frame
}

/** Collects chunks and returns the documents that are complete. Throws on what is no frame. */
export class FrameReader {
  #chunks: Buffer[] = []
  #size = 0

  feed(chunk: Buffer): unknown[] {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    const documents: unknown[] = []
    for (;;) {
      const head = this.#peek(HEAD_BYTES)
      if (head === null) return documents
      const length = head.readUInt32BE(0)
      if (length < 1 || length > FRAME_BYTES_MAX || head.readUInt8(4) !== JSON_KIND)
        throw new Error(`not a frame: length ${length}, kind ${head.readUInt8(4)}`)
      const whole = this.#peek(4 + length)
      if (whole === null) return documents
      documents.push(JSON.parse(whole.toString('utf8', HEAD_BYTES, 4 + length)))
      this.#drop(4 + length)
    }
  }

  /** The first bytes, joined only when they are all there, so that a large frame is copied once. */
  #peek(bytes: number): Buffer | null {
    if (this.#size < bytes) return null
    const first = this.#chunks[0]
    if (first !== undefined && first.length >= bytes) return first
    this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0] ?? null
  }

  #drop(bytes: number): void {
    const first = this.#chunks[0]
    if (first === undefined) return
    this.#size -= bytes
    if (first.length === bytes) this.#chunks.shift()
    else this.#chunks[0] = first.subarray(bytes)
  }
}
