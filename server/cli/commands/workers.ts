/** `vortex workers`: list, drain. */
import type { Command } from 'commander'
import { action, type Cli } from '../cli.ts'
import { duration, instant, stateStyle } from '../output.ts'
import { readPages } from '../pages.ts'

export function register(workers: Command): void {
  workers.command('list').description('workers of the server').action(action(list))
  workers.command('drain <worker_id>').description('take no new tasks, finish what runs, then stop').action(action(drain))
}

async function list({ screen, connection }: Cli): Promise<void> {
  const { items } = await readPages(10_000, (page) => connection().client.listWorkers({ query: page }))
  if (screen.json) return screen.document(items)
  const now = Date.now()
  screen.table(
    items,
    [
      { title: 'WORKER', value: (worker) => worker.worker_id },
      { title: 'HOST', value: (worker) => worker.hostname },
      { title: 'STATUS', value: (worker) => worker.status, style: (worker) => stateStyle(worker.status) },
      { title: 'RUNNING', value: (worker) => `${worker.active_tasks}/${worker.capacity}`, align: 'right' },
      { title: 'QUEUES', value: (worker) => worker.queues.join(',') },
      { title: 'HEARTBEAT', value: (worker) => `${duration(Math.max(0, now - Date.parse(worker.last_heartbeat)))} ago`, align: 'right' },
      { title: 'CONNECTED', value: (worker) => instant(worker.connected_at) },
      { title: 'VERSION', value: (worker) => worker.version },
    ],
    'No worker is connected.',
  )
}

async function drain({ screen, connection }: Cli, workerId: string): Promise<void> {
  const answer = await connection().client.drainWorker({ params: { worker_id: workerId } })
  if (screen.json) return screen.document(answer)
  screen.line(answer.message)
}
