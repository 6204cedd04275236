import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemClock } from '#runtime/clock.ts'
import { createLogger } from '#runtime/logger.ts'
import { temporaryFolder } from '#testkit/databases.ts'
import { LocalWorkerProcess } from './localWorkerProcess.ts'

test('a worker that cannot be killed is left after a bound, and each step is logged once', async () => {
  await using folder = await temporaryFolder()
  mkdirSync(join(folder.path, 'worker'))
  const lines: string[] = []
  const signals: string[] = []
  const local = new LocalWorkerProcess({
    // Time flies: the bounds are of seconds.
    clock: { ...systemClock, monotonic: () => 20 * systemClock.monotonic() },
    logger: createLogger({ level: 'warn', readable: false, stream: { write: (line) => void lines.push(line) } }),
    socket_path: join(folder.path, 'swarm.sock'),
    data_folder: folder.path,
    token_file: join(folder.path, 'worker.token'),
    capacity: 1,
    python: () => Promise.resolve('python3'),
    package_folder: folder.path,
    drain_ms: 500,
    command: { file: process.execPath, args: ['-e', 'setTimeout(() => undefined, 60_000)', '--'] },
    // As one that hangs in the kernel, on a dead network disk above all.
    signal: (_, name) => void signals.push(name),
  })
  await local.start()
  const { pid } = local
  if (pid === null) throw new Error('no process')
  try {
    await local.stop()
    expect(signals).toEqual(['SIGTERM', 'SIGKILL'])
    expect(lines.length).toBe(2)
    expect(lines[1]).toContain('cannot be killed')
    expect(lines[1]).toContain(String(pid))
  } finally {
    process.kill(pid, 'SIGKILL')
  }
})
