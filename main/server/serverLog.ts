/**
 * The log of the local server, of bounded size: when it has grown to its limit it becomes `<file>.1` and a new one is begun, also while the
 * server runs. It never fails its writer: what a full disk does not take is left out, and the log says how much when it can be written again.
 */
import { appendFile, rename, stat } from 'node:fs/promises'
import { Writable } from 'node:stream'

/** Two of these at most: enough for weeks of a quiet server, and opened by any editor. */
const LOG_BYTES_MAX = 10 * 1024 * 1024

export class ServerLog extends Writable {
  readonly #path: string
  readonly #bytes_max: number
  /** null = not looked at yet. */
  #size: number | null = null
  #lost = 0

  constructor(path: string, p: { bytes_max?: number } = {}) {
    super({ decodeStrings: true })
    this.#path = path
    this.#bytes_max = p.bytes_max ?? LOG_BYTES_MAX
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#append(chunk)
      .catch(() => {
        this.#lost += chunk.length
      })
      .finally(done)
  }

  async #append(chunk: Buffer): Promise<void> {
    let size =
      this.#size ??
      (await stat(this.#path).then(
        ({ size: found }) => found,
        () => 0,
      ))
    if (size >= this.#bytes_max) {
      await rename(this.#path, `${this.#path}.1`)
      size = 0
    }
    const gap = this.#lost === 0 ? '' : `\n(${this.#lost} bytes of this log could not be written and are missing here)\n`
    const bytes = Buffer.concat([Buffer.from(gap), chunk])
    // Until it is written the size is not known: a failed write may have added a part.
    this.#size = null
    await appendFile(this.#path, bytes, { mode: 0o600 })
    this.#size = size + bytes.length
    this.#lost = 0
  }
}
