/** For hostFaults.integration.test.ts: a worker process that can be killed. Starts attempts, says `up` when all run, then waits. */
import { systemClock } from '#runtime/clock.ts'
import { createHostRunner } from './hostRunner.ts'
import { bashStart, pythonStart, Recorder } from './recorder.ts'

const [python, pythonPath, root, file, mark, leaseMs] = process.argv.slice(2) as [string, string, string, string, string, string]
const recorder = new Recorder()
const runner = createHostRunner({
  listener: recorder,
  clock: systemClock,
  python,
  python_path: pythonPath,
  env: process.env,
  temp_dir: root,
  folder: root,
})
await runner.start()
runner.renewLease({ valid_ms: Number(leaseMs) || null })
const starts = [
  bashStart(`trap '' TERM; (setsid bash -c '(exec -a ${mark} sleep 300) >/dev/null 2>&1 &' &); echo; exec -a ${mark} sleep 300`),
  bashStart(`exec -a ${mark} sleep 300`),
  pythonStart({ root, file }, 'task'),
]
for (const start of starts) runner.run(start)
await Promise.all(starts.map((start) => recorder.starting(start)))
process.stdout.write('up\n')
process.stdin.resume()
