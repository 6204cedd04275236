/**
 * The log of one attempt until the controller has all of it: the first bytes in memory, more in a file of the worker's folder.
 * Nothing is dropped before the end, so that a controller that lost its disk's last writes can be given them again.
 */
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs'

/** Most logs stay below; a worker of 1,000 attempts holds at most 64 MB. */
const MEMORY_BYTES = 64 * 1024

export class LogSpool {
  readonly #path: string
  readonly #cap: number
  #pieces: Uint8Array[] = []
  #file: number | null = null
  #size = 0
  /** Bytes were left out: beyond the cap, or because the disk did not take them. */
  #isCut = false

  constructor(p: { path: string; cap_bytes: number }) {
    this.#path = p.path
    this.#cap = p.cap_bytes
  }

  get size(): number {
    return this.#size
  }
  get isCut(): boolean {
    return this.#isCut
  }

  append(bytes: Uint8Array): void {
    if (this.#isCut) return
    const fitting = bytes.length <= this.#cap - this.#size ? bytes : bytes.subarray(0, this.#cap - this.#size)
    if (fitting.length < bytes.length) this.#isCut = true
    if (fitting.length === 0) return
    try {
      // A copy: the runner may use its buffer again.
      if (this.#file === null && this.#size + fitting.length <= MEMORY_BYTES) this.#pieces.push(Uint8Array.from(fitting))
      else this.#appendToFile(fitting)
      this.#size += fitting.length
    } catch {
      // A full disk costs the rest of the log, not the attempt.
      this.#isCut = true
    }
  }

  read(p: { offset: number; limit: number }): Buffer {
    const length = Math.max(0, Math.min(p.limit, this.#size - p.offset))
    if (this.#file === null) return Buffer.from(Buffer.concat(this.#pieces).subarray(p.offset, p.offset + length))
    const bytes = Buffer.allocUnsafe(length)
    let filled = 0
    while (filled < length) {
      const got = readSync(this.#file, bytes, filled, length - filled, p.offset + filled)
      if (got === 0) throw new Error(`the log spool ${this.#path} is shorter than what was written to it`)
      filled += got
    }
    return bytes
  }

  /** What was written cannot be read back: the log ends here. */
  cutAt(offset: number): void {
    this.#size = offset
    this.#isCut = true
  }

  remove(): void {
    this.#pieces = []
    if (this.#file === null) return
    closeSync(this.#file)
    this.#file = null
    rmSync(this.#path, { force: true })
  }

  #appendToFile(bytes: Uint8Array): void {
    if (this.#file === null) {
      const file = openSync(this.#path, 'w+', 0o600)
      try {
        writeAll(file, Buffer.concat(this.#pieces), 0)
      } catch (error) {
        closeSync(file)
        throw error
      }
      this.#file = file
      this.#pieces = []
    }
    writeAll(this.#file, bytes, this.#size)
  }
}

function writeAll(file: number, bytes: Uint8Array, position: number): void {
  for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written, bytes.length - written, position + written)
}
