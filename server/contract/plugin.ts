/** Plugins as the API tells of them. */
import { Type, type Static } from 'typebox'
import { Nullable, Strict } from './schema.ts'

export const Plugin = Strict({
  name: Type.String(),
  path: Type.String({ description: 'its file, below the DAG folder; of a plugin that VORTEX brings the folder in its sources' }),
  is_shipped: Type.Boolean({ description: 'VORTEX brings it' }),
  operators: Type.Array(Type.String({ description: 'class name' })),
  sensors: Type.Array(Type.String({ description: 'class name' })),
  notifiers: Type.Array(Type.String({ description: 'class name' })),
  error: Nullable(Type.String(), { description: 'why it is disabled; null = it is not' }),
  line: Nullable(Type.Integer(), { description: 'where in its file, if that is known' }),
  report: Type.String({ description: 'what its code threw and printed; empty if there is nothing' }),
})
export type Plugin = Static<typeof Plugin>

export const PluginList = Strict({
  plugins: Type.Array(Plugin),
  problem: Nullable(Type.String(), { description: 'why plugins cannot be looked at here; null = they can' }),
})
export type PluginList = Static<typeof PluginList>
