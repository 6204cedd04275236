/** What the swarm tells the engine: hellos, heartbeats, reports. */
import type { SwarmInbox } from './ports.ts'
import type { EngineApiOptions } from './engineCommands.ts'
import { refuseWhileReloading, workerConnected, workerReleased, workerReport } from './workers.ts'

/**
 * A step gives each worker one batch of attempts. What a large number of reports makes runnable leaves in several batches, so that
 * the reports of one batch are decided while the database writes those of another.
 */
const REPORTS_PER_STEP = 1000

export function createSwarmInbox({ service, store, clock }: EngineApiOptions): SwarmInbox {
  return {
    async workerConnected(hello) {
      const unknown = await service.commit((e) => {
        refuseWhileReloading(e, hello.held)
        return workerConnected(e, hello, clock.monotonic())
      })
      const now = clock.now()
      await store.workerPut({
        worker_id: hello.worker_id,
        hostname: hello.hostname,
        status: hello.draining ? 'draining' : 'active',
        capacity: hello.capacity,
        queues: hello.queues,
        labels: hello.labels,
        version: hello.version,
        last_heartbeat: now,
        connected_at: now,
      })
      return { unknown }
    },
    workerHeartbeat({ worker_id }) {
      const e = service.engine
      const worker = e?.workers.get(worker_id)
      // It was declared lost: only a hello makes it a worker again.
      if (worker === undefined) return e?.dependencies.workers.disconnect({ worker_id })
      worker.last_heard = clock.monotonic()
      worker.last_heartbeat_at = clock.now()
    },
    workerDisconnected: ({ worker_id }) =>
      service.touch((e) => {
        const worker = e.workers.get(worker_id)
        if (worker === undefined) return
        worker.is_connected = false
        // Without attempts there is nothing to wait for.
        const { attempts, dying, errands } = worker
        if (attempts.size + dying.size + errands.trigger.size + errands.dag_callback.size === 0) e.workers.delete(worker_id)
        e.publish({ type: 'worker', worker_id, status: 'offline' })
      }),
    async workerReports({ worker_id, reports }) {
      // All of them or none: of one attempt, the report that is let through must not come before the one that is refused.
      refuseWhileReloading(
        service.leading(),
        reports.map(({ ref }) => ref),
      )
      const parts: Promise<void>[] = []
      for (let first = 0; first < reports.length; first += REPORTS_PER_STEP) {
        const part = reports.slice(first, first + REPORTS_PER_STEP)
        parts.push(
          service.commit((e) => {
            const worker = e.workers.get(worker_id)
            if (worker !== undefined) worker.last_heard = clock.monotonic()
            for (const report of part) workerReport(e, worker_id, report)
          }),
        )
      }
      await Promise.all(parts)
    },
    workerReleased: (p) =>
      service.commit((e) => {
        refuseWhileReloading(e, p.refs)
        workerReleased(e, p.worker_id, p.refs)
      }),
  }
}
