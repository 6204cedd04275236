/**
 * Process hosts against the bare loops, in one run: no-op bash attempts against spawn.py, no-op Python attempts against fork.py,
 * and the hand-off of a Python attempt to a waiting child (from run() to the first line of the task).
 *   node bench/raw/hosts.ts PYTHON [COUNT] [CAPACITY]
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { systemClock } from '../../server/runtime/clock.ts'
import { createHostRunner } from '../../server/worker/hosts/hostRunner.ts'
import { bashStart, pythonStart, Recorder } from '../../server/worker/hosts/recorder.ts'
import type { AttemptStart } from '../../server/worker/runner.ts'

const python = process.argv[2] ?? 'python3'
const count = Number(process.argv[3] ?? 1000)
const capacity = Number(process.argv[4] ?? 8)
const here = import.meta.dirname
const pythonPath = process.env['VORTEX_BENCH_PYTHON_PATH'] ?? path.join(here, '../../python')

const bare = (script: string, inFlight: number): number => {
  const output = execFileSync(python, [path.join(here, script), '--count', String(count), '--in-flight', String(inFlight)], {
    encoding: 'utf8',
  })
  return (JSON.parse(output) as { per_second: number }).per_second
}
const best = (script: string): number => Math.max(...[2, 4, 8].map((inFlight) => bare(script, inFlight)))

const recorder = new Recorder()
const runner = createHostRunner({
  listener: recorder,
  clock: systemClock,
  python,
  python_path: pythonPath,
  env: process.env,
  onLine: (line) => console.error(line),
})
await runner.start()

const rate = async (make: () => AttemptStart): Promise<number> => {
  const begun = performance.now()
  let left = count
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      const start = make()
      runner.run(start)
      const end = await recorder.ending(start)
      if (end.outcome !== 'success') throw new Error(`${end.reason_code}: ${end.reason}`)
    }
  }
  await Promise.all(Array.from({ length: capacity }, lane))
  return (count / (performance.now() - begun)) * 1000
}

const folder = mkdtempSync(path.join(tmpdir(), 'vortex-bench-'))
mkdirSync(folder, { recursive: true })
const file = 'noop.py'
writeFileSync(
  path.join(folder, file),
  process.env['VORTEX_BENCH_DAG'] ??
    `from datetime import datetime
from airflow import DAG
from airflow.operators.python import PythonOperator
import time
def noop():
    pass
def now():
    return time.monotonic() * 1000
with DAG("d", start_date=datetime(2026, 1, 1), schedule=None):
    PythonOperator(task_id="noop", python_callable=noop)
    PythonOperator(task_id="now", python_callable=now)
`,
)
const where = { root: folder, file }
const report = (what: string, ours: number, floor: number): void =>
  console.log(`${what}: ${ours.toFixed(0)}/s, bare ${floor.toFixed(0)}/s, ratio ${(ours / floor).toFixed(2)}`)
try {
  await rate(() => bashStart(':'))
  report('bash no-op', await rate(() => bashStart(':')), best('spawn.py'))
  await rate(() => pythonStart(where, 'noop'))
  report('python no-op', await rate(() => pythonStart(where, 'noop')), best('fork.py'))
  const latencies: number[] = []
  for (let index = 0; index < 300; index += 1) {
    const start = pythonStart(where, 'now')
    const sent = Number(process.hrtime.bigint()) / 1e6
    runner.run(start)
    const end = await recorder.ending(start)
    latencies.push(Number(end.xcoms[0]?.value_json) - sent)
    // As after a real task: the next child is forked meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  latencies.sort((a, b) => a - b)
  const at = (share: number): string => (latencies[Math.floor(latencies.length * share)] ?? 0).toFixed(2)
  console.log(`hand-off to a waiting child: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`)
} finally {
  await runner.stop()
  rmSync(folder, { recursive: true })
}
