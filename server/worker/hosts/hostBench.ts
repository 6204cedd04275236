/** For tests: a started runner with its recorder, DAG files in a folder of its own, and looks at the machine's processes. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { systemClock } from '#runtime/clock.ts'
import type { AttemptEnd, AttemptStart } from '../runner.ts'
import { createHostRunner } from './hostRunner.ts'
import type { HostRunner, HostRunnerOptions } from './hostRunner.ts'
import { readStat } from './processTree.ts'
import { Recorder } from './recorder.ts'

export const PYTHON = process.env['VORTEX_TEST_PYTHON'] ?? 'python3'
export const PYTHON_PATH = path.resolve(import.meta.dirname, '../../../python')

const DAG_HEAD = `from datetime import datetime
from airflow import DAG
from airflow.operators.python import PythonOperator
`

export class HostBench {
  readonly recorder = new Recorder()
  readonly folder = mkdtempSync(path.join(tmpdir(), 'vortex-test-'))
  readonly lines: string[] = []
  readonly runner: HostRunner
  private files = 0

  constructor(changes: Partial<HostRunnerOptions> = {}) {
    const onLine = (line: string): void => void this.lines.push(line)
    this.runner = createHostRunner({
      listener: this.recorder,
      clock: systemClock,
      python: PYTHON,
      python_path: PYTHON_PATH,
      env: process.env,
      temp_dir: this.folder,
      onLine,
      ...changes,
    })
  }

  async run(start: AttemptStart): Promise<AttemptEnd & { log: string }> {
    this.runner.run(start)
    return this.ended(start)
  }

  async ended(start: AttemptStart): Promise<AttemptEnd & { log: string }> {
    const end = await this.recorder.ending(start)
    return { ...end, log: this.recorder.logOf(start).toString() }
  }

  /** A DAG file with one PythonOperator for each function of `source`. */
  dagFile(source: string): { root: string; file: string } {
    this.files += 1
    const file = `dag_${this.files}.py`
    const names = [...source.matchAll(/^def (\w+)/gm)].map((match) => match[1])
    const operators = names.map((name) => `    PythonOperator(task_id="${name}", python_callable=${name})\n`).join('')
    writeFileSync(
      path.join(this.folder, file),
      `${DAG_HEAD}${source}\nwith DAG("d", start_date=datetime(2026, 1, 1), schedule=None):\n${operators}`,
    )
    return { root: this.folder, file }
  }

  async close(): Promise<void> {
    await this.runner.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Living processes whose command line holds `text`. */
export function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(text) && readStat(pid)?.state !== 'Z'
      } catch {
        return false
      }
    })
}

export const isAlive = (pid: number): boolean => {
  const stat = readStat(pid)
  return stat !== null && stat.state !== 'Z'
}

/** Waits for what another process does; fails with `what` after 15 s. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const limit = performance.now() + 15_000
  while (!holds()) {
    if (performance.now() > limit) throw new Error(`waited 15 s in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
