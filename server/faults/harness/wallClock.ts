/**
 * A wall clock that a test moves under a server and all its children while they run; monotonic clocks and uptime go on as they are.
 * With libfaketime (Debian: `apt-get install faketime`) everything sees it, SQLite, bash and Python too; without it only `Date` in the
 * server's and the worker's Node does. The system's own clock is never touched. (libfaketime 0.9.10 breaks Python's time.sleep when only
 * the wall clock is moved, so tasks of these tests wait with select.)
 */
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const LIBRARIES = ['x86_64-linux-gnu', 'aarch64-linux-gnu']
  .map((folder) => `/usr/lib/${folder}/faketime/libfaketimeMT.so.1`)
  .concat('/usr/local/lib/faketime/libfaketimeMT.so.1')

export class WallClock implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'vortex-clock-'))
  readonly #library = LIBRARIES.find((path) => existsSync(path))
  #seconds = 0

  constructor(seconds = 0) {
    this.set(seconds)
  }

  get #file(): string {
    return join(this.#folder, 'offset')
  }

  get kind(): string {
    return this.#library === undefined ? 'Date of Node only: install faketime to move every clock' : 'libfaketime'
  }

  /** For the server's environment. */
  get env(): Record<string, string> {
    if (this.#library === undefined) {
      const shifted = new URL('./shiftedDate.ts', import.meta.url).href
      return { NODE_OPTIONS: `--import=${shifted}`, FAULTS_CLOCK_FILE: this.#file }
    }
    return {
      LD_PRELOAD: this.#library,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      FAKETIME_NO_CACHE: '1',
    }
  }

  /** As the server sees it. */
  now(): number {
    return Date.now() + this.#seconds * 1000
  }

  /** Seconds ahead of the real clock. */
  set(seconds: number): void {
    this.#seconds = seconds
    // Renamed, so that nobody reads half a number.
    writeFileSync(`${this.#file}.new`, `${seconds >= 0 ? '+' : ''}${seconds}\n`)
    renameSync(`${this.#file}.new`, this.#file)
  }

  move(seconds: number): void {
    this.set(this.#seconds + seconds)
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
