/** `vortex workers`: list, drain, resume. */
import type { Command } from 'commander'
import { action, type Cli } from '../cli.ts'
import { duration, instant, stateStyle } from '../output.ts'
import { readPages } from '../pages.ts'

export function register(workers: Command): void {
  workers.command('list').description('workers of the server').action(action(list))
  workers
    .command('drain <worker_id>')
    .description("take no new tasks, finish what runs, then stop; the server's own local worker stays and waits for resume")
    .action(action((cli, id: string) => change(cli, 'drainWorker', id)))
  workers
    .command('resume <worker_id>')
    .description('end a drain: take tasks again')
    .action(action((cli, id: string) => change(cli, 'resumeWorker', id)))
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
      { title: 'RUNNING', value: (worker) => `${Math.min(worker.active_tasks, worker.capacity)}/${worker.capacity}`, align: 'right' },
      { title: 'NEXT', value: (worker) => Math.max(0, worker.active_tasks - worker.capacity), align: 'right' },
      { title: 'QUEUES', value: (worker) => worker.queues.join(',') },
      { title: 'HEARTBEAT', value: (worker) => `${duration(Math.max(0, now - Date.parse(worker.last_heartbeat)))} ago`, align: 'right' },
      { title: 'CONNECTED', value: (worker) => instant(worker.connected_at) },
      { title: 'VERSION', value: (worker) => worker.version },
    ],
    'No worker is connected.',
  )
}

async function change({ screen, connection }: Cli, operation: 'drainWorker' | 'resumeWorker', workerId: string): Promise<void> {
  const answer = await connection().client[operation]({ params: { worker_id: workerId } })
  if (screen.json) return screen.document(answer)
  screen.line(answer.message)
}
