/**
 * The floor for engine commits: a task's life as three updates and three inserts of a bare SQLite loop in one thread, with nothing
 * around it. `node bench/raw/commits.ts` prints lives per second for one, ten, a hundred and five hundred lives per commit.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'

export function rawLives(p: { synchronous: 'FULL' | 'NORMAL'; lives: number; per_commit: number }): number {
  const folder = mkdtempSync(join(tmpdir(), 'vortex-raw-'))
  const db = new SqliteDatabase(join(folder, 'raw.db'))
  try {
    db.pragma('journal_mode = WAL')
    db.pragma(`synchronous = ${p.synchronous}`)
    db.exec(`
      CREATE TABLE task (id INTEGER PRIMARY KEY, run INTEGER NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL, try INTEGER NOT NULL, worker TEXT, at INTEGER);
      CREATE TABLE event (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, task INTEGER NOT NULL, state TEXT NOT NULL, cause TEXT NOT NULL)`)
    const task = db.prepare("INSERT INTO task VALUES (?, 1, ?, 'scheduled', 0, NULL, NULL)")
    db.transaction(() => {
      for (let id = 1; id <= p.lives; id++) task.run(id, `task_${id}`)
    })()
    const update = db.prepare('UPDATE task SET state = ?, at = ?, worker = ? WHERE id = ? AND state = ?')
    const event = db.prepare('INSERT INTO event (at, task, state, cause) VALUES (?, ?, ?, ?)')
    const step = db.transaction((first: number, last: number, from: string, to: string) => {
      for (let id = first; id <= last; id++) {
        update.run(to, id, 'worker-1', id, from)
        event.run(id, id, to, 'worker_report')
      }
    })
    const start = performance.now()
    for (let first = 1; first <= p.lives; first += p.per_commit) {
      const last = Math.min(first + p.per_commit - 1, p.lives)
      step(first, last, 'scheduled', 'queued')
      step(first, last, 'queued', 'running')
      step(first, last, 'running', 'success')
    }
    return (p.lives / (performance.now() - start)) * 1000
  } finally {
    db.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  for (const synchronous of ['NORMAL', 'FULL'] as const) {
    for (const [per_commit, lives] of [
      [1, 2_000],
      [10, 10_000],
      [100, 50_000],
      [500, 50_000],
    ] as const) {
      const rate = rawLives({ synchronous, lives, per_commit })
      print(`raw SQLite ${synchronous.padEnd(6)} ${String(per_commit).padStart(3)} lives a commit: ${Math.round(rate)} lives/s`)
    }
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
