/** Operations on plugins. */
import { PluginList } from '../plugin.ts'
import type { Operation } from './operation.ts'

export const pluginsOperations = {
  listPlugins: {
    method: 'GET',
    path: '/api/plugins',
    role: 'Viewer',
    tag: 'plugins',
    summary: 'All plugins: those that VORTEX brings, and those of the DAG folder, with why one of them is disabled.',
    ok: PluginList,
  },
} as const satisfies Record<string, Operation>
