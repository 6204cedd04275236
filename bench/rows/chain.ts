/** Chains of Python tasks, a fresh process each: the whole against the floor program, and the gap from one task to the next. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { chainFile, readLedger, type TaskClock } from '../harness/dagFiles.ts'
import { withFolder, writeFiles } from '../harness/folder.ts'
import type { Row } from '../harness/row.ts'
import { type Server, withServer } from '../harness/server.ts'
import { median, percentile, show } from '../harness/statistics.ts'
import { runFloor } from '../raw/floor.ts'

/** The first run starts the task host and is told apart. */
const RUNS = 7

interface ChainRun {
  total_ms: number
  clocks: TaskClock[]
}

/** From the trigger call to the end of the run, both on this machine's wall clock. */
async function runChain(server: Server, dag_id: string, ledger: string): Promise<ChainRun> {
  rmSync(ledger, { force: true })
  const { run, sent_at } = await server.trigger(dag_id)
  const { end_time } = await server.ended(run, 100)
  return { total_ms: Date.parse(end_time ?? '') - sent_at, clocks: readLedger(ledger) }
}

async function measureChain(p: {
  tasks: number
  fibo: number
  runs: number
}): Promise<{ cold: ChainRun; warm: ChainRun[]; dag_text: string }> {
  return await withFolder(async (folder) => {
    const ledger = join(folder, 'ledger')
    const dag_text = chainFile({ dag_id: 'chain', tasks: p.tasks, fibo: p.fibo, ledger })
    const dags = writeFiles(join(folder, 'dags'), { 'chain.py': dag_text })
    return await withServer({ folder, dags }, async (server) => {
      await server.dagsKnown(1)
      const cold = await runChain(server, 'chain', ledger)
      const warm: ChainRun[] = []
      for (let i = 0; i < p.runs; i++) warm.push(await runChain(server, 'chain', ledger))
      return { cold, warm, dag_text }
    })
  })
}

/** Milliseconds from each task's end to the next one's start. */
const gapsOf = ({ clocks }: { clocks: TaskClock[] }): number[] =>
  clocks.slice(1).map(({ began_ms }, i) => began_ms - (clocks[i]?.ended_ms ?? 0))

async function floors(p: { tasks: number; fibo: number; runs: number; dag_text: string; commits: boolean }) {
  return await withFolder(async (folder) => {
    const dag_file = join(writeFiles(folder, { 'chain.py': p.dag_text }), 'chain.py')
    const runs = []
    for (let i = 0; i < p.runs; i++) runs.push(await runFloor({ tasks: p.tasks, fibo: p.fibo, dag_file, commits: p.commits }))
    return runs
  })
}

export const chain: Row = {
  name: 'chain',
  run: async () => {
    const shape = { tasks: 40, fibo: 10, runs: RUNS }
    const { cold, warm, dag_text } = await measureChain(shape)
    const withCommits = await floors({ ...shape, dag_text, commits: true })
    const bare = await floors({ ...shape, dag_text, commits: false })
    const total = median(warm.map(({ total_ms }) => total_ms))
    const floor = median(withCommits.map(({ total_ms }) => total_ms))
    const gaps = warm.flatMap(gapsOf)
    const spawn = median(bare.flatMap(gapsOf))
    const [p50, p99] = [percentile(gaps, 0.5) - spawn, percentile(gaps, 0.99) - spawn]
    return [
      {
        what: '40 x fibo(10), one after the other',
        figure: show(total, 'ms'),
        goal: '<= 1.5 x floor',
        ratio: total / floor,
        is_met: total <= 1.5 * floor,
        note: `floor ${show(floor, 'ms')}; first run, with the start of its host, ${show(cold.total_ms, 'ms')}`,
      },
      {
        what: 'end of a task to start of the next, beyond the spawn',
        figure: `p50 ${show(p50, 'ms')}, p99 ${show(p99, 'ms')}`,
        goal: 'p50 <= 2 ms, p99 <= 20 ms',
        ratio: (p50 + spawn) / spawn,
        is_met: p50 <= 2 && p99 <= 20,
        note: `spawn itself (end to start, no commits) ${show(spawn, 'ms')}; ${gaps.length} gaps by the tasks' own clocks`,
      },
    ]
  },
}

export const longChain: Row = {
  name: 'long-chain',
  run: async () => {
    const { warm } = await measureChain({ tasks: 10, fibo: 33, runs: 1 })
    const run = warm[0]
    if (run === undefined) throw new Error('no run')
    const inside = run.clocks.reduce((sum, { began_ms, ended_ms }) => sum + ended_ms - began_ms, 0)
    const share = (run.total_ms - inside) / run.total_ms
    return [
      {
        what: '10 x fibo(33): time not inside tasks',
        figure: show(share * 100, '%'),
        goal: '<= 1 %',
        ratio: run.total_ms / inside,
        is_met: share <= 0.01,
        note: `${show(run.total_ms - inside, 'ms')} of ${show(run.total_ms / 1000, 's')}`,
      },
    ]
  },
}
