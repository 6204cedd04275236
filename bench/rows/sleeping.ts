/** Memory of 100 Python tasks that sleep at once, against interpreters that were started one by one. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { testPython } from '../../scripts/python.ts'
import { fanoutFile } from '../harness/dagFiles.ts'
import { withFolder, writeFiles } from '../harness/folder.ts'
import { PACKAGE_FOLDER } from '../harness/python.ts'
import { factsOf, megabytes, processTree } from '../harness/processes.ts'
import type { Row } from '../harness/row.ts'
import { withServer } from '../harness/server.ts'
import { show } from '../harness/statistics.ts'

const TASKS = 100
const SLEEP_S = 8
const INTERPRETERS = 10

/** Mean PSS of interpreters that hold the same file, each started on its own. */
async function separateInterpreters(dag_file: string): Promise<number> {
  const code = `import runpy, sys, time; runpy.run_path(sys.argv[1]); print("ready", flush=True); time.sleep(60)`
  const children = Array.from({ length: INTERPRETERS }, () =>
    spawn(testPython(), ['-c', code, dag_file], {
      env: { ...process.env, PYTHONPATH: PACKAGE_FOLDER },
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  )
  try {
    await Promise.all(children.map((child) => new Promise((resolve) => child.stdout.once('data', resolve))))
    const facts = factsOf(children.map(({ pid }) => pid ?? 0))
    return facts.reduce((sum, { pss }) => sum + pss, 0) / facts.length
  } finally {
    for (const child of children) child.kill()
  }
}

export const sleeping: Row = {
  name: 'sleeping',
  run: () =>
    withFolder(async (folder) => {
      const text = fanoutFile({
        dag_id: 'sleeping',
        tasks: TASKS,
        before: 'import time\n',
        task: `PythonOperator(task_id=f"t{i}", python_callable=time.sleep, op_args=[${SLEEP_S}])`,
      })
      const dags = writeFiles(join(folder, 'dags'), { 'sleeping.py': text })
      return await withServer(
        { folder, dags, env: { VORTEX_WORKER_CAPACITY: String(TASKS), VORTEX_PARALLELISM: String(TASKS) } },
        async (server) => {
          await server.dagsKnown(1)
          const { run } = await server.trigger('sleeping')
          for (let running = 0; running < TASKS; await sleep(100))
            running = (await server.taskInstances(run)).filter(({ state }) => state === 'running').length
          await sleep(500)
          const hosts = factsOf(processTree(server.pid)).filter(({ command }) => command.includes('vortex.host'))
          if (hosts.length < TASKS) throw new Error(`Only ${hosts.length} task processes were found.`)
          const each = megabytes(hosts.reduce((sum, { pss }) => sum + pss, 0) / TASKS)
          const separate = megabytes(await separateInterpreters(join(dags, 'sleeping.py')))
          await server.ended(run, 500)
          return [
            {
              what: '100 sleeping Python tasks, each (PSS)',
              figure: show(each, 'MB'),
              goal: '<= 10 MB',
              ratio: each / separate,
              is_met: each <= 10,
              note: `hosts and waiting children included; ${INTERPRETERS} separate interpreters ${show(separate, 'MB')} each`,
            },
          ]
        },
      )
    }),
}
