/** From spawn to serving requests with 100 known DAG files, against the bare start of Node. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ordinaryFile } from '../harness/dagFiles.ts'
import { withFolder, writeFiles } from '../harness/folder.ts'
import type { Row } from '../harness/row.ts'
import { startServer, withServer } from '../harness/server.ts'
import { median, show } from '../harness/statistics.ts'

const FILES = 100
const STARTS = 7

function bareNode(): number {
  const began = performance.now()
  spawnSync(process.execPath, ['-e', '0'])
  return performance.now() - began
}

export const start: Row = {
  name: 'start',
  run: () =>
    withFolder(async (folder) => {
      const dags = writeFiles(
        join(folder, 'dags'),
        Object.fromEntries(Array.from({ length: FILES }, (_, i) => [`ordinary_${i}.py`, ordinaryFile(i)])),
      )
      await withServer({ folder, dags }, (server) => server.dagsKnown(FILES))
      const starts: number[] = []
      const bare: number[] = []
      for (let i = 0; i < STARTS; i++) {
        bare.push(bareNode(), bareNode())
        const began = performance.now()
        const server = await startServer({ home: join(folder, 'home'), dags })
        try {
          await server.call('GET', '/api/ready')
          const { total } = await server.call<{ total: number }>('GET', '/api/dags?limit=1')
          if (total !== FILES) throw new Error(`Ready, but with ${total} of ${FILES} DAGs.`)
          starts.push(performance.now() - began)
        } finally {
          await server.stop()
        }
      }
      const [ready, node] = [median(starts), median(bare)]
      return [
        {
          what: 'start to ready, 100 known DAG files',
          figure: show(ready, 'ms'),
          goal: '<= 8 x node -e 0, <= 1 s',
          ratio: ready / node,
          is_met: ready <= 8 * node && ready <= 1_000,
          note: `node -e 0 ${show(node, 'ms')}; until two requests are answered; ${STARTS} starts`,
        },
      ]
    }),
}
