/**
 * The operation table: one entry per operation, one file per area. Fastify's validation, the handlers' types, the OpenAPI document,
 * the policy and the typed client of renderer, CLI and tests all come from it. Routes and field names of the seed keep their names.
 */
import type { Static, TSchema } from 'typebox'
import { sessionOperations } from './operations/session.ts'
import { serverOperations } from './operations/server.ts'
import { connectionsOperations } from './operations/connections.ts'
import { dagsOperations } from './operations/dags.ts'
import { dagFilesOperations } from './operations/dagFiles.ts'
import { backfillsOperations } from './operations/backfills.ts'
import { insightsOperations } from './operations/insights.ts'
import { runsOperations } from './operations/runs.ts'
import { tasksOperations } from './operations/tasks.ts'
import { taskViewsOperations } from './operations/taskViews.ts'
import { overviewOperations } from './operations/overview.ts'
import { settingsOperations } from './operations/settings.ts'
import { swarmOperations } from './operations/swarm.ts'
import { scheduleOperations } from './operations/schedule.ts'
import { assetsOperations } from './operations/assets.ts'
import { gridOperations } from './operations/grid.ts'
import { pluginsOperations } from './operations/plugins.ts'
import type { Operation } from './operations/operation.ts'

export type { Operation } from './operations/operation.ts'

export const routes = {
  ...sessionOperations,
  ...serverOperations,
  ...dagsOperations,
  ...dagFilesOperations,
  ...backfillsOperations,
  ...insightsOperations,
  ...runsOperations,
  ...tasksOperations,
  ...taskViewsOperations,
  ...overviewOperations,
  ...settingsOperations,
  ...connectionsOperations,
  ...swarmOperations,
  ...scheduleOperations,
  ...gridOperations,
  ...assetsOperations,
  ...pluginsOperations,
} as const satisfies Record<string, Operation>

export type Routes = typeof routes
export type OperationId = keyof Routes

type Part<R, K extends string> = R extends { [P in K]: infer S extends TSchema } ? Static<S> : undefined
/** What a handler receives and a client sends; parts that the entry does not have are undefined. */
export interface Input<Id extends OperationId> {
  params: Part<Routes[Id], 'params'>
  query: Part<Routes[Id], 'query'>
  body: Part<Routes[Id], 'body'>
}
/** What a handler returns and a client receives. */
export type Output<Id extends OperationId> = Static<Routes[Id]['ok']>

export { EVENTS_PATH } from './eventStream.ts'
