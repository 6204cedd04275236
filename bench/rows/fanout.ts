/** 2,000 independent no-op tasks in one DAG, against the bare rate at which the same processes start and end. */
import { join } from 'node:path'
import { fanoutFile, NOOP, NOOP_BASH, NOOP_PYTHON } from '../harness/dagFiles.ts'
import { withFolder, writeFiles } from '../harness/folder.ts'
import { bestRate } from '../harness/python.ts'
import type { Figure, Row } from '../harness/row.ts'
import { withServer } from '../harness/server.ts'
import { median, show } from '../harness/statistics.ts'

const TASKS = 2_000
const RUNS = 3
const GOAL = 0.6

async function measure(p: { what: string; task: string; before: string; limit: (dag_file: string) => number }): Promise<Figure[]> {
  return await withFolder(async (folder) => {
    const dags = writeFiles(join(folder, 'dags'), {
      'fanout.py': fanoutFile({ dag_id: 'fanout', tasks: TASKS, task: p.task, before: p.before }),
    })
    const rates = await withServer({ folder, dags }, async (server) => {
      await server.dagsKnown(1)
      const found: number[] = []
      for (let i = 0; i < RUNS; i++) {
        const { run, sent_at } = await server.trigger('fanout')
        const { end_time, task_counts } = await server.ended(run, 200)
        if (task_counts['success'] !== TASKS) throw new Error(`Of ${TASKS} tasks ${task_counts['success']} succeeded.`)
        found.push((TASKS * 1000) / (Date.parse(end_time ?? '') - sent_at))
      }
      return found
    })
    const rate = median(rates)
    const limit = p.limit(join(dags, 'fanout.py'))
    const ratio = rate / limit
    return [
      {
        what: p.what,
        figure: show(rate, 'tasks/s'),
        goal: `>= ${GOAL} x bare`,
        ratio,
        is_met: ratio >= GOAL,
        note: `bare ${show(limit, '/s')}; ${RUNS} runs ${rates.map((one) => show(one, '/s')).join(', ')}`,
      },
    ]
  })
}

export const bashFanout: Row = {
  name: 'bash',
  run: () =>
    measure({ what: '2,000 no-op bash tasks', task: NOOP_BASH, before: '', limit: () => bestRate('spawn.py', ['--count', '1000']) }),
}

export const pythonFanout: Row = {
  name: 'python',
  run: () =>
    measure({
      what: '2,000 no-op Python tasks',
      task: NOOP_PYTHON,
      before: NOOP,
      limit: (dag_file) => bestRate('fork.py', ['--count', '1000', '--file', dag_file]),
    }),
}
