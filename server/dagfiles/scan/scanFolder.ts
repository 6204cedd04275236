/** Asks the DAGs' own interpreter what a folder needs. It reads syntax trees; none of the folder's code runs. */
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import type { ScanFindings, ScanReport } from '#contract/airflowScan.ts'
import type { Clock } from '#runtime/clock.ts'
import { childEnvironment } from '../childEnvironment.ts'
import { listDagFiles } from '../dagFileList.ts'

/** A syntax tree takes some 50 times its file, of which 16 MiB is the largest that is read. */
const MEMORY_BYTES = 3 * 1024 ** 3
/** 1,500 files take 10 s here. */
const LEAST_MS = 60_000
const PER_FILE_MS = 100
/** What a broken installation says for itself. */
const STDERR_CHARS = 2_000

export class ScanFailed extends Error {
  override readonly name = 'ScanFailed'
}

export async function scanFolder(p: {
  /** Absolute. */
  folder: string
  compat: 'auto' | '2' | '3'
  python: string
  package_folder: string
  environment: Record<string, string | undefined>
  clock: Clock
}): Promise<ScanReport> {
  const list = await listDagFiles(p.folder, p.environment['AIRFLOW__CORE__DAG_IGNORE_FILE_SYNTAX'])
  const unread = list.unreadable.map((file) => `${file} cannot be read; whoever runs VORTEX must be allowed to.`)
  const found = await ask({ ...p, files: list.dag_files })
  return { folder: p.folder, notices: [...list.notices, ...unread], ...found }
}

async function ask(p: {
  folder: string
  files: string[]
  compat: string
  python: string
  package_folder: string
  environment: Record<string, string | undefined>
  clock: Clock
}): Promise<ScanFindings> {
  const child = spawn(p.python, ['-m', 'vortex.scan'], {
    env: childEnvironment({ environment: p.environment, packageFolder: p.package_folder }),
    cwd: '/',
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const limit = LEAST_MS + PER_FILE_MS * p.files.length
  let isLate = false
  const timer = p.clock.after(limit, () => {
    isLate = true
    child.kill('SIGKILL')
  })
  const ended = new Promise<string | null>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(code === 0 ? null : `exit ${code ?? signal}`))
  })
  // A child that is gone already says why itself.
  child.stdin.on('error', () => undefined)
  child.stdin.end(JSON.stringify({ root: p.folder, files: p.files, compat: p.compat, memory_bytes: MEMORY_BYTES }))
  const [out, err, failure] = await Promise.all([text(child.stdout), text(child.stderr), ended]).finally(() => timer.cancel())
  if (isLate) throw new ScanFailed(`Reading ${p.files.length} files took longer than ${limit / 1000} s. Scan a part of the folder.`)
  if (failure !== null) throw new ScanFailed(`${p.python} could not read the files (${failure}): ${err.trim().slice(-STDERR_CHARS)}`)
  return JSON.parse(out) as ScanFindings
}
