/** The end of an output. The beginning goes as more comes. */

/** What the controller takes of an errand's output (server/swarm/codec.ts). */
const BYTES_MAX = 64 * 1024
/** Pieces are joined beyond this, so that single characters do not cost an object each. */
const PIECES_MAX = 64

export class OutputTail {
  #pieces: Buffer[] = []
  #bytes = 0

  append(bytes: Uint8Array): void {
    // A copy: what a host sent is a view of a large buffer.
    const piece = Buffer.from(bytes.subarray(Math.max(0, bytes.length - BYTES_MAX)))
    this.#pieces.push(piece)
    this.#bytes += piece.length
    if (this.#pieces.length <= PIECES_MAX && this.#bytes <= 2 * BYTES_MAX) return
    this.#pieces = [this.#joined()]
    this.#bytes = this.#pieces[0]?.length ?? 0
  }

  /** As a database can store it: without zero characters. */
  text(): string {
    return this.#joined().toString('utf8').replaceAll('\0', '\uFFFD')
  }

  #joined(): Buffer {
    const all = Buffer.concat(this.#pieces)
    return all.length <= BYTES_MAX ? all : Buffer.from(all.subarray(all.length - BYTES_MAX))
  }
}
