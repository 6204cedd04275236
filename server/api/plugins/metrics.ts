/**
 * `GET /metrics` in Prometheus' text format. Written here because the usual library has had no release for two years and
 * what is needed is small: a few gauges read at scrape time, counters of committed state changes, one histogram.
 */
import type { FastifyInstance } from 'fastify'
import type { ApiServices } from '../services.ts'

/** Seconds. From a fast read to a request that a person would call broken. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10] as const

interface Histogram {
  counts: number[]
  sum: number
  count: number
}
type Labels = Record<string, string>
export interface CommitStats {
  commits: number
  /** Commits that waited for the database. */
  stalls: number
}

export function useMetrics(
  app: FastifyInstance,
  p: { services: ApiServices; event_clients: () => number; commits?: (() => CommitStats) | undefined },
): void {
  const { services } = p
  const runs = new Map<string, number>()
  const tasks = new Map<string, number>()
  const requests = new Map<string, Histogram>()

  services.events.observe((events) => {
    for (const event of events) {
      if (event.type === 'dag_run') add(runs, event.state)
      else if (event.type === 'task_instance') add(tasks, event.state)
    }
  })
  app.addHook('onResponse', async (request, reply) => {
    // The route's pattern, never the path: paths would make a series per object.
    const key = line('', {
      method: request.method,
      route: request.routeOptions.url ?? 'other',
      status: `${Math.floor(reply.statusCode / 100)}xx`,
    })
    let histogram = requests.get(key)
    if (histogram === undefined) requests.set(key, (histogram = { counts: BUCKETS.map(() => 0), sum: 0, count: 0 }))
    const seconds = reply.elapsedTime / 1000
    histogram.sum += seconds
    histogram.count += 1
    BUCKETS.forEach((bound, i) => {
      if (seconds <= bound) histogram.counts[i] = (histogram.counts[i] ?? 0) + 1
    })
  })
  app.get('/metrics', { config: { role: 'Viewer' } }, async (_, reply) => {
    reply.type('text/plain; version=0.0.4; charset=utf-8')
    return [
      counters('vortex_dag_run_changes_total', 'Committed changes of DAG runs by the state they led to.', runs),
      counters('vortex_task_instance_changes_total', 'Committed changes of task instances by the state they led to.', tasks),
      engineMetrics(services),
      gauge('vortex_event_clients', 'Open event streams.', [[{}, p.event_clients()]]),
      ...(p.commits ? [commitMetrics(p.commits())] : []),
      histograms('vortex_http_request_duration_seconds', 'Time to answer a request.', requests),
      processMetrics(),
    ].join('')
  })
}

function add(counts: Map<string, number>, state: string): void {
  counts.set(state, (counts.get(state) ?? 0) + 1)
}
function engineMetrics({ engine }: ApiServices): string {
  const { runnable, running, parallelism } = engine.counts()
  const workers = engine.workers()
  return (
    gauge('vortex_leader', '1 if this controller schedules.', [[{}, engine.role() === 'leader' ? 1 : 0]]) +
    gauge('vortex_queue_depth', 'Task instances that could run if there were capacity.', [[{}, runnable]]) +
    gauge('vortex_running_task_instances', 'Task instances that workers hold.', [[{}, running]]) +
    gauge('vortex_parallelism', 'Most task instances that may run at once.', [[{}, parallelism]]) +
    gauge(
      'vortex_workers',
      'Workers by status.',
      (['active', 'draining', 'offline'] as const).map((status) => [
        { status },
        workers.filter((worker) => worker.status === status).length,
      ]),
    ) +
    gauge('vortex_worker_capacity', 'Attempts that the active workers run at once.', [
      [{}, workers.reduce((sum, worker) => sum + (worker.status === 'active' ? worker.capacity : 0), 0)],
    ])
  )
}
function commitMetrics({ commits, stalls }: CommitStats): string {
  return (
    counter('vortex_commits_total', 'Group commits of the engine.', commits) +
    counter('vortex_commit_stalls_total', 'Group commits that had to wait for the database.', stalls)
  )
}
function processMetrics(): string {
  const { rss, heapUsed } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  return (
    gauge('process_resident_memory_bytes', 'Memory of the controller.', [[{}, rss]]) +
    gauge('nodejs_heap_size_used_bytes', 'Heap in use.', [[{}, heapUsed]]) +
    counter('process_cpu_seconds_total', 'CPU time of the controller.', (user + system) / 1e6)
  )
}

function line(name: string, labels: Labels): string {
  const parts = Object.entries(labels).map(
    ([key, value]) => `${key}="${value.replace(/["\\\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`))}"`,
  )
  return parts.length > 0 ? `${name}{${parts.join(',')}}` : name
}
function head(name: string, help: string, type: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`
}
function gauge(name: string, help: string, values: readonly (readonly [Labels, number])[]): string {
  return head(name, help, 'gauge') + values.map(([labels, value]) => `${line(name, labels)} ${value}\n`).join('')
}
function counter(name: string, help: string, value: number): string {
  return `${head(name, help, 'counter')}${name} ${value}\n`
}
function counters(name: string, help: string, counts: Map<string, number>): string {
  return head(name, help, 'counter') + [...counts].map(([state, value]) => `${line(name, { state })} ${value}\n`).join('')
}
function histograms(name: string, help: string, all: Map<string, Histogram>): string {
  let text = head(name, help, 'histogram')
  for (const [key, { counts, sum, count }] of all) {
    const labels = key.slice(1, -1)
    BUCKETS.forEach((bound, i) => (text += `${name}_bucket{${labels},le="${bound}"} ${counts[i]}\n`))
    text += `${name}_bucket{${labels},le="+Inf"} ${count}\n${name}_sum{${labels}} ${sum}\n${name}_count{${labels}} ${count}\n`
  }
  return text
}
