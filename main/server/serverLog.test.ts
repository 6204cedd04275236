import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, rmdir, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ServerLog } from './serverLog.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vortex-log-'))
  path = join(folder, 'server.log')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const write = (log: ServerLog, text: string): Promise<void> =>
  new Promise((resolve) => {
    log.write(text, () => {
      resolve()
    })
  })

describe('the log of the local server', () => {
  it('is begun anew at its limit while it is written, and keeps the part before', async () => {
    const log = new ServerLog(path, { bytes_max: 10 })
    for (const line of ['first line\n', 'second\n', 'third line\n', 'fourth\n']) await write(log, line)
    expect(await readFile(`${path}.1`, 'utf8')).toBe('second\nthird line\n')
    expect(await readFile(path, 'utf8')).toBe('fourth\n')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it('goes on where an earlier one ended', async () => {
    await write(new ServerLog(path, { bytes_max: 10 }), 'of the start before\n')
    await write(new ServerLog(path, { bytes_max: 10 }), 'now\n')
    expect(await readFile(`${path}.1`, 'utf8')).toBe('of the start before\n')
    expect(await readFile(path, 'utf8')).toBe('now\n')
  })

  it('outlives a disk that takes nothing, and says what is missing', async () => {
    // A folder in the place of the file: no write succeeds until it is gone.
    await mkdir(path)
    const log = new ServerLog(path)
    await write(log, 'lost\n')
    await rmdir(path)
    await write(log, 'kept\n')
    expect(await readFile(path, 'utf8')).toBe('\n(5 bytes of this log could not be written and are missing here)\nkept\n')
    log.end()
    await once(log, 'finish')
  })
})
