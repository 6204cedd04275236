/**
 * Processes that an earlier worker of the same folder left alive. A worker's death ends its hosts and theirs its attempts; only when
 * worker and zygote die in one moment does nobody watch the bash attempts any more. So each worker writes down, before it
 * starts anything, the nonce that the names of all its attempts carry, and the next one kills what still carries it.
 *
 * Invariants: nothing of a living worker is touched (one that drains may share the folder with its successor); a process is
 * signalled only while pid and start time agree; the record goes when nothing is left, and with the worker's own clean end.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '#runtime/clock.ts'
import { isAlive, startTimeOf } from '../processRecord.ts'
import { killMarked } from './processTree.ts'

interface HostsRecord {
  pid: number
  start_time: string
  /** Of the attempts' names: see AttemptTable. */
  nonce: string
  /** Private folder with the socket and the temporary folders of commands. */
  temp_folder: string
}

const RECORD = /^hosts-[0-9a-f]{8}\.json$/

/** A killed process that waits for a device keeps its signal and never runs on, so the start need not wait for it longer. */
const KILL_LIMIT_MS = 10_000

/** Written before the first process starts; the returned function takes it back when none is left. */
export async function recordHosts(folder: string, p: { nonce: string; temp_folder: string }): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, `hosts-${p.nonce}.json`)
  const record: HostsRecord = { pid: process.pid, start_time: startTimeOf(process.pid) ?? '', ...p }
  await writeFile(path, JSON.stringify(record), { mode: 0o600 })
  return () => rm(path, { force: true })
}

/** Ends what dead workers of this folder left. */
export async function endLeftProcesses(p: { folder: string; clock: Clock; onLine: (line: string) => void }): Promise<void> {
  const names = await readdir(p.folder).catch(() => [])
  for (const name of names.filter((entry) => RECORD.test(entry))) {
    const path = join(p.folder, name)
    const record = await read(path)
    if (record !== null) {
      if (isAlive({ ...record, settings: '' })) continue
      const { killed, left } = await killMarked({
        isOurs: (mark) => mark.split('.')[2] === record.nonce,
        clock: p.clock,
        limit_ms: KILL_LIMIT_MS,
      })
      if (killed > 0) p.onLine(`ended ${killed} processes that the worker with pid ${record.pid} had left behind when it died`)
      if (left > 0) p.onLine(`${left} processes of the worker with pid ${record.pid} are killed but wait for a device`)
      await rm(record.temp_folder, { recursive: true, force: true }).catch(() => undefined)
    }
    await rm(path, { force: true })
  }
}

/** Null = torn by a power cut, after which nothing of it lives. */
async function read(path: string): Promise<HostsRecord | null> {
  try {
    const value = JSON.parse(await readFile(path, 'utf8')) as Partial<HostsRecord>
    const isWhole =
      Number.isInteger(value.pid) &&
      [value.start_time, value.nonce, value.temp_folder].every((text) => typeof text === 'string' && text !== '')
    return isWhole ? (value as HostsRecord) : null
  } catch {
    return null
  }
}
