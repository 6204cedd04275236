/** Operations that tell how the server is. */
import { Health, SystemInfo } from '../admin.ts'
import { type Operation } from './operation.ts'

export const serverOperations = {
  health: {
    method: 'GET',
    path: '/api/health',
    role: null,
    tag: 'server',
    summary: 'Always 200 while the process lives; the body tells what is degraded.',
    ok: Health,
  },
  ready: {
    method: 'GET',
    path: '/api/ready',
    role: null,
    tag: 'server',
    summary: '200 when requests can be served, else 503.',
    ok: Health,
  },
  system: {
    method: 'GET',
    path: '/api/system',
    role: 'Viewer',
    tag: 'server',
    summary: 'Versions, memory and live events of this controller.',
    ok: SystemInfo,
  },
} as const satisfies Record<string, Operation>
