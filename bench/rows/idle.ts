/** What an idle server costs: memory of the controller and of everything it started, and processor time. */
import { cpSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { withFolder } from '../harness/folder.ts'
import { cpuSeconds, factsOf, megabytes, processTree } from '../harness/processes.ts'
import type { Row } from '../harness/row.ts'
import { withServer } from '../harness/server.ts'
import { show } from '../harness/statistics.ts'

const SETTLE_MS = 5_000
const WATCHED_MS = 30_000
/** After this run a task host for its DAG stays warm. */
const WARMED_BY = 'hundred_tasks'

function partOf(command: string): string {
  if (command.includes('worker.mjs')) return 'worker'
  return /-m (vortex\.\S+)/.exec(command)?.[1] ?? command.slice(0, 30)
}

export const idle: Row = {
  name: 'idle',
  run: () =>
    withFolder(async (folder) => {
      const dags = join(folder, 'dags')
      cpSync(resolve(import.meta.dirname, '../../dags'), dags, { recursive: true })
      return await withServer({ folder, dags }, async (server) => {
        await server.dagKnown(WARMED_BY)
        await server.ended((await server.trigger(WARMED_BY)).run)
        await sleep(SETTLE_MS)
        const tree = processTree(server.pid)
        const before = cpuSeconds(tree)
        await sleep(WATCHED_MS)
        const share = ((cpuSeconds(tree) - before) * 1000) / WATCHED_MS
        const facts = factsOf(processTree(server.pid)).sort((a, b) => b.pss - a.pss)
        const controller = megabytes(facts.find(({ pid }) => pid === server.pid)?.pss ?? Number.NaN)
        const all = megabytes(facts.reduce((sum, { pss }) => sum + pss, 0))
        const parts = facts.map(
          ({ pid, command, pss }) => `${pid === server.pid ? 'controller' : partOf(command)} ${megabytes(pss).toFixed(0)}`,
        )
        return [
          {
            what: 'idle memory of the controller (PSS)',
            figure: show(controller, 'MB'),
            goal: '<= 115 MB',
            ratio: null,
            is_met: controller <= 115,
            note: 'the example DAGs, after a run of 100 tasks',
          },
          {
            what: 'idle memory of everything (PSS)',
            figure: show(all, 'MB'),
            goal: '<= 200 MB',
            ratio: null,
            is_met: all <= 200,
            note: parts.join(', '),
          },
          {
            what: 'idle processor time',
            figure: show(share * 100, '% of a core'),
            goal: '<= 1 %',
            ratio: null,
            is_met: share <= 0.01,
            note: `${WATCHED_MS / 1000} s, all processes`,
          },
        ]
      })
    }),
}
