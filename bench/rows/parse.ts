/** 1,000 DAG files: first sight, one change, a restart with nothing changed. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DagTasks } from '../../server/contract/dag.ts'
import { ordinaryFile } from '../harness/dagFiles.ts'
import { withFolder, writeFiles } from '../harness/folder.ts'
import { rawPython } from '../harness/python.ts'
import type { Row } from '../harness/row.ts'
import { type Server, startServer } from '../harness/server.ts'
import { median, percentile, show } from '../harness/statistics.ts'

const FILES = 1_000
const CHANGES = 15
const LOOK_MS = 5
const PATIENCE_MS = 120_000

/** The server says in its log when it has looked at every file of the folder. */
async function lookedThrough(server: Server): Promise<{ parsed: number; duration_ms: number }> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(20)) {
    const line = server.log().find(({ msg }) => msg === 'the DAG folder is read')
    if (line !== undefined) return { parsed: Number(line['parsed']), duration_ms: Number(line['duration_ms']) }
  }
  throw new Error('The server did not read the DAG folder in time.')
}

/** From the write of a changed file to an answer of the API that shows it. */
async function changeSeen(server: Server, dags: string, index: number): Promise<number> {
  const marker = `changed_${index}_${process.hrtime.bigint()}`
  const began = performance.now()
  writeFileSync(join(dags, `ordinary_${index}.py`), ordinaryFile(index).replace('"report"', `"${marker}"`))
  for (; performance.now() - began < PATIENCE_MS; await sleep(LOOK_MS)) {
    const { tasks } = await server.call<DagTasks>('GET', `/api/dags/ordinary_${index}/tasks`)
    if (tasks.some(({ id }) => id === marker)) return performance.now() - began
  }
  throw new Error(`The change of ordinary_${index}.py did not appear.`)
}

export const parse: Row = {
  name: 'parse',
  run: () =>
    withFolder(async (folder) => {
      const dags = writeFiles(
        join(folder, 'dags'),
        Object.fromEntries(Array.from({ length: FILES }, (_, i) => [`ordinary_${i}.py`, ordinaryFile(i)])),
      )
      const home = join(folder, 'home')
      const bare_ms = Number(rawPython('parse.py', [dags])['ms'])
      const first = await startServer({ home, dags })
      let cold, seen: number[]
      try {
        cold = await lookedThrough(first)
        await first.dagsKnown(FILES)
        seen = []
        for (let i = 0; i < CHANGES; i++) {
          seen.push(await changeSeen(first, dags, i * 7))
          await sleep(100)
        }
      } finally {
        await first.stop()
      }
      const again = await startServer({ home, dags })
      const warm = await lookedThrough(again).finally(() => again.stop())
      if (cold.parsed !== FILES || warm.parsed !== 0)
        throw new Error(`Parsed ${cold.parsed} files first and ${warm.parsed} after a restart.`)
      const ratio = warm.duration_ms / cold.duration_ms
      return [
        {
          what: '1,000 DAG files, first sight',
          figure: show(cold.duration_ms / 1000, 's'),
          goal: '<= 20 s',
          ratio: cold.duration_ms / bare_ms,
          is_met: cold.duration_ms <= 20_000,
          note: `bare: one warm interpreter forks a child per file that runs it, ${show(bare_ms / 1000, 's')}`,
        },
        {
          what: 'one changed file of them, until the API shows it',
          figure: `p50 ${show(median(seen), 'ms')}, max ${show(percentile(seen, 1), 'ms')}`,
          goal: '<= 0.5 s',
          ratio: null,
          is_met: percentile(seen, 1) <= 500,
          note: `${CHANGES} changes`,
        },
        {
          what: 'restart with nothing changed',
          figure: show(warm.duration_ms / 1000, 's'),
          goal: '<= 0.1 x first sight',
          ratio,
          is_met: ratio <= 0.1,
          note: 'none is parsed again',
        },
      ]
    }),
}
