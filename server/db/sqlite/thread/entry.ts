/**
 * A database thread: one connection, one call at a time. The writer holds the folder's lock, migrates and owns every write;
 * readers open the file read-only, so that a heavy page delays neither a commit nor the server's loop.
 *
 * It is started by client.ts, from this file (Node runs it as it is) or from the bundle's sqliteThread.mjs.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '#runtime/clock.ts'
import { releaseMemoryWhenIdle } from '#runtime/idleMemory.ts'
import { SHARED_METHODS } from '../../methods.ts'
import { SqliteConnection } from '../connection.ts'
import { engineCommit } from '../engineCommit.ts'
import { lockFolder, type FolderLock } from '../folderLock.ts'
import { CHECK_ARGUMENT } from '../checkProcess.ts'
import { checkIntegrity, DatabaseCorrupt, isCorruption, requireWholeFile, requireWholePages } from '../integrity.ts'
import { leaderAcquire, leaderForget, leaderHolds, leaderResign, now } from '../leader.ts'
import { attemptList, logDeletionsDone, logDeletionsList, logFinishMany, logState } from '../logs.ts'
import { migrate } from '../migrate.ts'
import { DATABASE_FILE } from './client.ts'
import { toPlainError, type ThreadCall, type ThreadOptions, type ThreadReply } from './protocol.ts'

type Method = (db: SqliteConnection, p: never) => unknown

const options = workerData as ThreadOptions
const METHODS: Record<string, Method> = {
  ...(SHARED_METHODS as Record<string, Method>),
  engineCommit,
  leaderAcquire,
  leaderHolds,
  leaderResign,
  now,
  logFinishMany,
  logState,
  logDeletionsList,
  logDeletionsDone,
  attemptList: (db, p) => attemptList(db, options.folder, p),
  ping: (db) => void db.prepare('SELECT 1').get(),
}

function openWriter(): { db: SqliteConnection; lock: FolderLock } {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 })
  const file = join(options.folder, DATABASE_FILE)
  const lock = lockFolder(options.folder, systemClock.now())
  try {
    requireWholeFile(file)
    const db = new SqliteConnection(file, { readonly: false, synchronous: options.synchronous })
    checkIntegrity(db, file, lock)
    migrate(db, file)
    if (lock.newProcess) leaderForget(db)
    return { db, lock }
  } catch (error) {
    lock.release({ clean: false })
    throw isCorruption(error) ? new DatabaseCorrupt(file, (error as Error).message, { cause: error }) : error
  }
}

function openReader(): { db: SqliteConnection; lock: null } {
  return { db: new SqliteConnection(join(options.folder, DATABASE_FILE), { readonly: true, synchronous: options.synchronous }), lock: null }
}

function main(port: NonNullable<typeof parentPort>): void {
  const reply = (message: ThreadReply): void => port.postMessage(message)
  let opened: { db: SqliteConnection; lock: FolderLock | null }
  try {
    opened = options.role === 'writer' ? openWriter() : openReader()
  } catch (error) {
    reply({ id: 0, ok: false, error: toPlainError(error) })
    return
  }
  const { db, lock } = opened
  const answer = async (call: ThreadCall): Promise<void> => {
    try {
      if (call.method === 'close') {
        db.close()
        lock?.release({ clean: true })
        reply({ id: call.id, ok: true, value: null })
        port.close()
        return
      }
      const method = METHODS[call.method]
      if (method === undefined) throw new Error(`no such store method: ${call.method}`)
      reply({ id: call.id, ok: true, value: await method(db, call.p as never) })
    } catch (error) {
      reply({ id: call.id, ok: false, error: toPlainError(error) })
    }
  }
  let last: Promise<void> = Promise.resolve()
  port.on('message', (call: ThreadCall) => {
    last = last.then(() => answer(call))
  })
  reply({ id: 0, ok: true, value: null })
  // A thread has a heap of its own; its timer does not keep it alive.
  releaseMemoryWhenIdle()
}

/** In a process of its own (checkProcess.ts): prints what is damaged. Other trouble says nothing of the file. */
function check(folder: string): void {
  const file = join(folder, DATABASE_FILE)
  try {
    requireWholePages(new SqliteConnection(file, { readonly: true, synchronous: 'FULL' }), file)
  } catch (error) {
    const damage = isCorruption(error) ? new DatabaseCorrupt(file, (error as Error).message) : error
    if (damage instanceof DatabaseCorrupt) process.stdout.write(damage.message)
  }
}

if (parentPort !== null) main(parentPort)
else if (process.argv[2] === CHECK_ARGUMENT) check(process.argv[3] ?? '')
else throw new Error('the SQLite thread is not a program: start the server')
