/**
 * The floor program for a chain of tasks: a warm interpreter that holds the DAG file forks a child per task, runs and reaps it,
 * and three commits to SQLite (synchronous=FULL) tell of each. Nothing else: no graph, no worker, no log, no lease.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import type { TaskClock } from '../harness/dagFiles.ts'
import { PACKAGE_FOLDER, RAW_FOLDER } from '../harness/python.ts'
import { testPython } from '../../scripts/python.ts'

export interface Floor {
  total_ms: number
  clocks: TaskClock[]
}

export async function runFloor(p: { tasks: number; fibo: number; dag_file: string; commits: boolean }): Promise<Floor> {
  const folder = mkdtempSync(join(tmpdir(), 'vortex-raw-'))
  const db = new SqliteDatabase(join(folder, 'raw.db'))
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.exec(
    'CREATE TABLE task (id INTEGER PRIMARY KEY, state TEXT NOT NULL); CREATE TABLE event (id INTEGER PRIMARY KEY, task INTEGER NOT NULL, state TEXT NOT NULL)',
  )
  const insert = db.prepare('INSERT INTO task VALUES (?, ?)')
  for (let id = 0; id < p.tasks; id++) insert.run(id, 'scheduled')
  const update = db.prepare('UPDATE task SET state = ? WHERE id = ?')
  const event = db.prepare('INSERT INTO event (task, state) VALUES (?, ?)')
  const change = db.transaction((id: number, state: string) => {
    update.run(state, id)
    event.run(id, state)
  })
  const commit = (id: number, state: string): void => {
    if (p.commits) change(id, state)
  }
  const host = spawn(testPython(), [join(RAW_FOLDER, 'floor.py'), String(p.fibo), '--file', p.dag_file], {
    env: { ...process.env, PYTHONPATH: PACKAGE_FOLDER },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = host.stdout.setEncoding('utf8')[Symbol.asyncIterator]() as AsyncIterator<string>
  await lines.next()
  const clocks: TaskClock[] = []
  const began = performance.now()
  for (let id = 0; id < p.tasks; id++) {
    commit(id, 'queued')
    host.stdin.write('\n')
    commit(id, 'running')
    const line = await lines.next()
    const [start, end] = String(line.value).split(' ')
    clocks.push({ began_ms: Number(start) / 1e6, ended_ms: Number(end) / 1e6 })
    commit(id, 'success')
  }
  const total_ms = performance.now() - began
  host.stdin.end()
  db.close()
  rmSync(folder, { recursive: true, force: true })
  return { total_ms, clocks }
}
