/** The store's methods that both dialects share, by name. What is missing here is the dialect's own: see `sqlite/` and `postgres/`. */
import type { Database } from './database.ts'
import type { Store } from './store.ts'
import * as assets from './entities/assets.ts'
import * as backfills from './entities/backfills.ts'
import * as connections from './entities/connections.ts'
import * as dagFiles from './entities/dagFiles.ts'
import * as dags from './entities/dags.ts'
import * as engine from './entities/engineLoad.ts'
import * as grid from './entities/grid.ts'
import * as insights from './entities/insights.ts'
import * as ledger from './entities/ledger.ts'
import * as overview from './entities/overview.ts'
import * as personal from './entities/personal.ts'
import * as pools from './entities/pools.ts'
import * as rendered from './entities/rendered.ts'
import * as retention from './entities/retention.ts'
import * as runs from './entities/runs.ts'
import * as search from './entities/search.ts'
import * as secrets from './entities/secrets.ts'
import * as taskInstances from './entities/taskInstances.ts'
import * as timeline from './entities/timeline.ts'
import * as users from './entities/users.ts'
import * as variables from './entities/variables.ts'
import * as workers from './entities/workers.ts'
import * as xcoms from './entities/xcoms.ts'

export type StoreMethod = Exclude<keyof Store, 'dialect' | 'cluster' | 'close'>
/** Methods that a dialect implements itself. */
export type DialectMethod =
  | 'leaderAcquire'
  | 'leaderRenew'
  | 'leaderResign'
  | 'engineCommit'
  | 'attemptList'
  | 'now'
  | 'ping'
  | 'logAppend'
  | 'logFinish'
  | 'logWhole'
  | 'logStat'
  | 'logRead'
  | 'logTimes'
  | 'logDelete'
  | 'storageSize'
export type SharedMethod = Exclude<StoreMethod, DialectMethod>
export type SharedMethods = { [M in SharedMethod]: (db: Database, p: Parameters<Store[M]>[0]) => ReturnType<Store[M]> }

export const SHARED_METHODS: SharedMethods = {
  ...assets,
  ...backfills,
  ...connections,
  ...dagFiles,
  ...dags,
  ...engine,
  ...grid,
  ...insights,
  ...ledger,
  ...overview,
  ...personal,
  ...pools,
  ...rendered,
  ...retention,
  ...runs,
  ...search,
  ...secrets,
  ...taskInstances,
  ...timeline,
  ...users,
  ...variables,
  ...workers,
  ...xcoms,
}

/** Methods that change nothing, and may go to a reader. */
export const READ_METHODS = [
  'engineLoad',
  'engineRunLoad',
  'dagVersionGet',
  'previousRunGet',
  'dagRunsByLogicalDate',
  'dagRunGet',
  'xcomGet',
  'xcomValues',
  'assetEventList',
  'assetEventPage',
  'assetList',
  'assetUsersGet',
  'dagRunStates',
  'dagFileList',
  'blobsHave',
  'blobGet',
  'bundleGet',
  'dagList',
  'dagGet',
  'dagRecentRuns',
  'dagVersionList',
  'dagVersionByNumber',
  'dagVersionsByIds',
  'dagRunList',
  'dagRunRows',
  'dagRunSurroundings',
  'dagRunLastSuccess',
  'dagFacets',
  'dagRunStateCounts',
  'overviewRead',
  'timelineRead',
  'searchAll',
  'favouriteList',
  'savedViewList',
  'dagFileErrorList',
  'dagFilesByPath',
  'dagFileVersions',
  'taskInstanceList',
  'taskInstanceGet',
  'taskInstanceById',
  'xcomAt',
  'xcomList',
  'renderedGet',
  'ledgerList',
  'backfillList',
  'gridRunList',
  'gridCells',
  'gridVersionRows',
  'attemptSpanList',
  'dagRunCountsByDate',
  'taskDurationRanking',
  'taskDurationPoints',
  'dagVersionRunList',
  'backfillGet',
  'backfillRunList',
  'ledgerSearch',
  'dagRunsEnded',
  'dagVersionsUnused',
  'filesUnused',
  'poolList',
  'variableList',
  'variableGet',
  'connectionList',
  'connectionGet',
  'secretList',
  'secretGet',
  'settingGet',
  'userList',
  'userGet',
  'sessionGet',
  'apiKeyByHash',
  'apiKeyList',
  'workerList',
] as const satisfies readonly SharedMethod[]
