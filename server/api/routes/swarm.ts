/** Workers and the queue, from the engine's memory. */
import { pageOf, pageWith, type Handlers } from '../handlers.ts'
import type { ApiServices } from '../services.ts'
import { presentLiveTasks, presentWorker } from '../present/admin.ts'

export function swarmHandlers({
  engine,
  leader,
}: ApiServices): Pick<Handlers, 'swarmStatus' | 'listWorkers' | 'listWorkerTasks' | 'drainWorker' | 'resumeWorker' | 'deleteWorker'> {
  return {
    async swarmStatus() {
      const [{ runnable, running, parallelism }, workers] = await Promise.all([leader.counts(), leader.workers()])
      const active_workers = workers.filter((worker) => worker.status === 'active').length
      return {
        enabled: workers.some((worker) => worker.status !== 'offline'),
        active_workers,
        queue_depth: runnable,
        running,
        parallelism,
      }
    },
    async listWorkers({ query }) {
      const request = pageOf(query)
      const all = (await leader.workers()).toSorted((a, b) => (a.worker_id < b.worker_id ? -1 : 1))
      const data = all.slice(request.offset, request.offset + request.limit)
      return pageWith({ data, total: all.length, next_cursor: null }, request, presentWorker)
    },
    listWorkerTasks: async ({ query }, { object: worker }) =>
      presentLiveTasks(await leader.liveTasks({ worker_id: worker.worker_id, limit: query.limit ?? 100 })),
    async drainWorker(_, { object: worker, principal }) {
      await engine.workerDrain({ worker_id: worker.worker_id, actor: principal.username })
      return {
        message: `Worker "${worker.worker_id}" finishes what it runs and takes nothing new. Then it stops; the server's own local worker stays, and does nothing until: vortex workers resume ${worker.worker_id}`,
      }
    },
    async resumeWorker(_, { object: worker, principal }) {
      await engine.workerResume({ worker_id: worker.worker_id, actor: principal.username })
      return { message: `Worker "${worker.worker_id}" takes tasks again.` }
    },
    async deleteWorker(_, { object: worker, principal }) {
      await engine.workerForget({ worker_id: worker.worker_id, actor: principal.username })
      return { message: `Worker "${worker.worker_id}" was forgotten.` }
    },
  }
}
