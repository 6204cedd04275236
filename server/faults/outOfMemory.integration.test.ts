/** Tasks take more memory than there is: each fails with a reason that says so, and nothing else dies. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ControllerProcess } from './harness/controllerProcess.ts'
import { longDag } from './harness/dagShapes.ts'
import { report } from './harness/ledger.ts'
import { memoryGroup } from './harness/memoryGroup.ts'
import { sized } from './harness/sizes.ts'

/** `killed*` are killed by the kernel where a control group can be made; `limited*` run into a limit of their own address space. */
function dagFile(p: { procs: string | null; copies: number }): string {
  const enter =
    p.procs === null ? 'resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))' : `open("${p.procs}", "w").write(str(os.getpid()))`
  const enterBash = p.procs === null ? 'ulimit -v 200000' : `echo $$ > ${p.procs}`
  const hog = `python3 -c "x = bytearray(b'1' * (2 << 30))"`
  return `
import os, resource
from vortex import DAG, BashOperator, PythonOperator

def take():
    return len(bytearray(b"1" * (2 << 30)))

def killed():
    ${enter}
    take()

def limited():
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    take()

with DAG("memory", schedule=None, default_args={"retries": 1, "retry_delay": 0}):
    for i in range(${p.copies}):
        PythonOperator(task_id=f"killed_python{i}", python_callable=killed)
        BashOperator(task_id=f"killed_bash{i}", bash_command='''${enterBash}; exec ${hog}''')
        BashOperator(task_id=f"killed_child{i}", bash_command='''${enterBash}; ${hog}; exit $?''')
    PythonOperator(task_id="limited_python", python_callable=limited)
    BashOperator(task_id="limited_bash", bash_command='''ulimit -v 300000; ${hog}''')
`
}

test('out of memory', { timeout: 120_000 }, async () => {
  await using server = await ControllerProcess.create({ capacity: 12 })
  using group = memoryGroup(`vortex-test-${process.pid}`, 128)
  const copies = sized({ ci: 1, full: 15 })
  writeFileSync(join(server.dagsFolder, 'memory.py'), dagFile({ procs: group?.procs ?? null, copies }))
  server.addDag(longDag({ dag_id: 'long', tasks: 4, seconds: sized({ ci: 6, full: 20 }), retries: 0 }))
  await server.start()
  await expect.poll(async () => (await server.client.listDags({ query: {} })).total, { timeout: 20_000 }).toBe(2)
  await expect.poll(() => server.workerPid()).not.toBeNull()
  const [controller, worker] = [server.pid, server.workerPid()]
  await server.trigger('long')
  await server.trigger('memory')
  const stuck = await server.settle(90_000)
  const params = { dag_id: 'memory', run_id: 'run' }
  const { data } = await server.client.listTaskInstances({ params, query: { limit: 500 } })
  expect(data).toHaveLength(3 * copies + 2)
  const seen = new Map<string, string>()
  for (const task of data) {
    const { data: attempts } = await server.client.listAttempts({ params: { ...params, task_id: task.task_id } })
    expect([task.task_id, task.state, ...attempts.map((attempt) => attempt.state)]).toEqual([task.task_id, 'failed', 'failed', 'failed'])
    const log = await server.client.getLog({ params: { ...params, task_id: task.task_id }, query: { offset: -20_000 } })
    for (const { reason } of attempts) {
      if (/^killed/.test(task.task_id) && group !== null) expect(reason, task.task_id).toMatch(/out of memory/)
      // Where Python refuses by itself, its own words are in the reason or, below bash, in the log.
      else expect(`${reason} ${log.text}`, task.task_id).toMatch(/MemoryError/)
      seen.set(task.task_id.replace(/\d+$/, ''), reason ?? '')
    }
  }
  for (const [task, reason] of seen) process.stdout.write(`  ${task}: ${reason}\n`)
  const found = await server.check(stuck)
  expect(report('out of memory', found, { landed: data.length, planned: 3 * copies + 2 })).toBe(0)
  expect((await server.recorded()).map((task) => [task.state, task.attempts.length])).toEqual(
    Array.from({ length: 4 }, () => ['success', 1]),
  )
  expect([server.pid, server.workerPid()]).toEqual([controller, worker])
})
