/** Operations on workers. */
import { Type } from 'typebox'
import { LiveTasks, SwarmStatus, Worker } from '../admin.ts'
import { Name, Page, Strict, pageQuery } from '../schema.ts'
import { Message, type Operation } from './operation.ts'

export const swarmOperations = {
  swarmStatus: {
    method: 'GET',
    path: '/api/swarm/status',
    role: 'Viewer',
    tag: 'swarm',
    summary: 'Workers, queue and running counts.',
    ok: SwarmStatus,
  },
  listWorkers: {
    method: 'GET',
    path: '/api/swarm/workers',
    role: 'Viewer',
    tag: 'swarm',
    summary: 'Workers.',
    query: Strict(pageQuery),
    ok: Page(Worker),
  },
  listWorkerTasks: {
    method: 'GET',
    path: '/api/swarm/workers/:worker_id/tasks',
    role: 'Viewer',
    tag: 'swarm',
    summary: 'Task instances that the worker holds.',
    params: Strict({ worker_id: Name }),
    query: Strict({ limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 })) }),
    ok: LiveTasks,
  },
  drainWorker: {
    method: 'POST',
    path: '/api/swarm/workers/:worker_id/drain',
    role: 'Operator',
    tag: 'swarm',
    summary: 'The worker takes no new tasks and finishes what runs; then it stops, unless it is the local worker of a server.',
    params: Strict({ worker_id: Name }),
    ok: Message,
  },
  resumeWorker: {
    method: 'POST',
    path: '/api/swarm/workers/:worker_id/resume',
    role: 'Operator',
    tag: 'swarm',
    summary: 'Ends a drain: the worker takes tasks again.',
    params: Strict({ worker_id: Name }),
    ok: Message,
  },
  deleteWorker: {
    method: 'DELETE',
    path: '/api/swarm/workers/:worker_id',
    role: 'Admin',
    tag: 'swarm',
    summary: 'Forgets an offline worker.',
    params: Strict({ worker_id: Name }),
    ok: Message,
  },
} as const satisfies Record<string, Operation>
