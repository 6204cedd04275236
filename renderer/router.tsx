/**
 * The route table. Each page is a chunk of its own, loaded when the pointer comes near its link; each view's state is in the typed
 * search params of search.ts.
 */
import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
  type ErrorComponentProps,
} from '@tanstack/react-router'
import { errorCode } from './api/errors.ts'
import { dagQuery, dagTasksQuery, meQuery, runListQuery, runQuery } from './api/queries.ts'
import { gridQueryOf } from './api/queries/grid.ts'
import { isDesktop } from './features/desktop/index.ts'
import { AppFrame, CrashPage, NotFoundPage, RootFrame } from './features/shell/index.ts'
import {
  allRunsSearch,
  adminSearch,
  appSearch,
  assetsSearch,
  codeSearch,
  connectionsSearch,
  auditSearch,
  backfillsSearch,
  calendarSearch,
  dagGanttSearch,
  durationsSearch,
  versionsSearch,
  dagGraphSearch,
  dagTasksSearch,
  dagsSearch,
  fileSearch,
  filesSearch,
  homeSearch,
  runSearch,
  runsSearch,
  schedulesSearch,
  signInSearch,
  taskSearch,
} from './search.ts'
import { dagGridSearch } from './search/grid.ts'

/** A one-time token that can be taken once. */
export interface SignInLink {
  take: () => string | null
}
export interface RouterContext {
  queryClient: QueryClient
  signInLink: SignInLink & { isPresent: () => boolean }
}

const rootRoute = createRootRouteWithContext<RouterContext>()({ component: RootFrame, notFoundComponent: NotFoundPage })

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch: signInSearch,
  component: lazyRouteComponent(() => import('./features/session/SignInPage.tsx'), 'SignInPage'),
})

/** The desktop app's choice of a server; it asks none. In a browser there is nothing to choose. */
const connectionsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/connections',
  validateSearch: connectionsSearch,
  beforeLoad: () => {
    if (!isDesktop()) throw redirect({ to: '/dags', replace: true })
  },
  component: lazyRouteComponent(() => import('./features/desktop/ConnectionsPage.tsx'), 'ConnectionsPage'),
})

const appRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: '_app',
  validateSearch: appSearch,
  component: AppFrame,
  // In the frame's place, so that its main part is missing too.
  errorComponent: (props: ErrorComponentProps) => (
    <main>
      <CrashPage {...props} />
    </main>
  ),
  beforeLoad: async ({ context, location }) => {
    if (context.signInLink.isPresent()) throw toSignIn(location.href)
    try {
      await context.queryClient.ensureQueryData(meQuery)
    } catch (error) {
      if (errorCode(error) === 'unauthorized' && !isDesktop()) throw toSignIn(location.href)
      throw error
    }
  },
})
const toSignIn = (from: string) => redirect({ to: '/sign-in', search: from === '/' ? {} : { next: from } })

const homeRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/',
  validateSearch: homeSearch,
  component: lazyRouteComponent(() => import('./features/home/HomePage.tsx'), 'HomePage'),
})

const allRunsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/runs',
  validateSearch: allRunsSearch,
  component: lazyRouteComponent(() => import('./features/runs/AllRunsPage.tsx'), 'AllRunsPage'),
})

const dagsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/dags',
  validateSearch: dagsSearch,
  component: lazyRouteComponent(() => import('./features/dags/DagsPage.tsx'), 'DagsPage'),
})

const dagRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/dags/$dagId',
  // Started, not awaited: the page shows its skeleton at once.
  loader: ({ context, params }) => void context.queryClient.prefetchQuery(dagQuery(params.dagId)),
  component: lazyRouteComponent(() => import('./features/dag/DagPage.tsx'), 'DagPage'),
})
const dagGridRoute = createRoute({
  getParentRoute: () => dagRoute,
  path: '/',
  validateSearch: dagGridSearch,
  loaderDeps: ({ search: { state, type, from, to, runs } }) => ({ state, type, from, to, runs }),
  // Beside the page's code and the DAG, not after them; a pointer that only passes a link asks for nothing.
  loader: ({ context, params, deps, preload }) => {
    if (!preload) void context.queryClient.prefetchInfiniteQuery(gridQueryOf(params.dagId, deps))
  },
  component: lazyRouteComponent(() => import('./features/dag/DagGridTab.tsx'), 'DagGridTab'),
})
const dagGraphRoute = createRoute({
  getParentRoute: () => dagRoute,
  path: '/graph',
  validateSearch: dagGraphSearch,
  // What it asks for does not depend on what its code says.
  loader: ({ context, params, preload }) => {
    if (preload) return
    void context.queryClient.prefetchQuery(dagTasksQuery(params.dagId, null))
    void context.queryClient.prefetchInfiniteQuery(runListQuery(params.dagId, {}))
  },
  component: lazyRouteComponent(() => import('./features/dag/DagGraphTab.tsx'), 'DagGraphTab'),
})
const dagGanttRoute = createRoute({
  getParentRoute: () => dagRoute,
  path: '/gantt',
  validateSearch: dagGanttSearch,
  component: lazyRouteComponent(() => import('./features/dag/DagGanttTab.tsx'), 'DagGanttTab'),
})
const dagCalendarRoute = createRoute({
  getParentRoute: () => dagRoute,
  path: '/calendar',
  validateSearch: calendarSearch,
  component: lazyRouteComponent(() => import('./features/calendar/DagCalendarTab.tsx'), 'DagCalendarTab'),
})
const dagBackfillsRoute = createRoute({
  getParentRoute: () => dagRoute,
  path: '/backfills',
  validateSearch: backfillsSearch,
  component: lazyRouteComponent(() => import('./features/backfills/DagBackfillsTab.tsx'), 'DagBackfillsTab'),
})
const dagDurationsRoute = createRoute({
  getParentRoute: () => dagRoute,
  path: '/durations',
  validateSearch: durationsSearch,
  component: lazyRouteComponent(() => import('./features/durations/DagDurationsTab.tsx'), 'DagDurationsTab'),
})
const dagVersionsRoute = createRoute({
  getParentRoute: () => dagRoute,
  path: '/versions',
  validateSearch: versionsSearch,
  component: lazyRouteComponent(() => import('./features/versions/DagVersionsTab.tsx'), 'DagVersionsTab'),
})
const dagAuditRoute = createRoute({
  getParentRoute: () => dagRoute,
  path: '/audit',
  validateSearch: auditSearch,
  component: lazyRouteComponent(() => import('./features/audit/DagAuditTab.tsx'), 'DagAuditTab'),
})
const dagTasksRoute = createRoute({
  getParentRoute: () => dagRoute,
  path: '/tasks',
  validateSearch: dagTasksSearch,
  component: lazyRouteComponent(() => import('./features/dag/DagTasksTab.tsx'), 'DagTasksTab'),
})
const dagRunsRoute = createRoute({
  getParentRoute: () => dagRoute,
  path: '/runs',
  validateSearch: runsSearch,
  component: lazyRouteComponent(() => import('./features/dag/DagRunsTab.tsx'), 'DagRunsTab'),
})
const dagDetailsRoute = createRoute({
  getParentRoute: () => dagRoute,
  path: '/details',
  component: lazyRouteComponent(() => import('./features/dag/DagDetailsTab.tsx'), 'DagDetailsTab'),
})
const dagCodeRoute = createRoute({
  getParentRoute: () => dagRoute,
  path: '/code',
  validateSearch: codeSearch,
  // The editor is the largest part of all; who is shown it need not wait for the page to say so.
  loader: ({ context }) => {
    if (context.queryClient.getQueryData(meQuery.queryKey)?.role === 'Admin') void import('./features/editor/FileEditor.tsx')
  },
  component: lazyRouteComponent(() => import('./features/dag/DagCodeTab.tsx'), 'DagCodeTab'),
})

const runRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/dags/$dagId/runs/$runId',
  validateSearch: runSearch,
  loader: ({ context, params }) => void context.queryClient.prefetchQuery(runQuery({ dag_id: params.dagId, run_id: params.runId })),
  component: lazyRouteComponent(() => import('./features/runs/RunPage.tsx'), 'RunPage'),
})

const taskRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/dags/$dagId/runs/$runId/tasks/$taskId',
  validateSearch: taskSearch,
  component: lazyRouteComponent(() => import('./features/tasks/TaskPage.tsx'), 'TaskPage'),
})

const schedulesRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/schedules',
  validateSearch: schedulesSearch,
  component: lazyRouteComponent(() => import('./features/schedule/SchedulesPage.tsx'), 'SchedulesPage'),
})

/** One address for the list and for each asset: what lies below it are files of the dashboard. */
const assetsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/assets',
  validateSearch: assetsSearch,
  component: lazyRouteComponent(() => import('./features/assets/AssetsPage.tsx'), 'AssetsPage'),
})

const filesRoute = createRoute({ getParentRoute: () => appRoute, path: '/files' })
const fileListRoute = createRoute({
  getParentRoute: () => filesRoute,
  path: '/',
  validateSearch: filesSearch,
  component: lazyRouteComponent(() => import('./features/editor/FilesPage.tsx'), 'FilesPage'),
})
const fileRoute = createRoute({
  getParentRoute: () => filesRoute,
  path: '/$',
  validateSearch: fileSearch,
  component: lazyRouteComponent(() => import('./features/editor/FilePage.tsx'), 'FilePage'),
})

/** Teams, audit and notifications get their pages here with their back ends. */
const adminWorkersRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/admin/workers',
  validateSearch: adminSearch,
  component: lazyRouteComponent(() => import('./features/admin/WorkersPage.tsx'), 'WorkersPage'),
})
const adminPoolsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/admin/pools',
  validateSearch: adminSearch,
  component: lazyRouteComponent(() => import('./features/admin/PoolsPage.tsx'), 'PoolsPage'),
})
const adminVariablesRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/admin/variables',
  validateSearch: adminSearch,
  component: lazyRouteComponent(() => import('./features/admin/VariablesPage.tsx'), 'VariablesPage'),
})
const adminSecretsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/admin/secrets',
  component: lazyRouteComponent(() => import('./features/admin/SecretsPage.tsx'), 'SecretsPage'),
})
const adminConnectionsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/admin/connections',
  validateSearch: adminSearch,
  component: lazyRouteComponent(() => import('./features/admin/ConnectionsPage.tsx'), 'ConnectionsPage'),
})
const adminUsersRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/admin/users',
  component: lazyRouteComponent(() => import('./features/admin/UsersPage.tsx'), 'UsersPage'),
})
const adminApiKeysRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/admin/api-keys',
  component: lazyRouteComponent(() => import('./features/admin/ApiKeysPage.tsx'), 'ApiKeysPage'),
})
const adminSystemRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/admin/system',
  component: lazyRouteComponent(() => import('./features/admin/SystemPage.tsx'), 'SystemPage'),
})
const adminAccountRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/admin/account',
  component: lazyRouteComponent(() => import('./features/admin/AccountPage.tsx'), 'AccountPage'),
})
const adminRoutes = [
  adminWorkersRoute,
  adminPoolsRoute,
  adminVariablesRoute,
  adminConnectionsRoute,
  adminSecretsRoute,
  adminUsersRoute,
  adminApiKeysRoute,
  adminSystemRoute,
  adminAccountRoute,
]

/** Everything else, within the frame: the way back is where it always is. */
const lostRoute = createRoute({ getParentRoute: () => appRoute, path: '$', component: NotFoundPage })

const routeTree = rootRoute.addChildren([
  signInRoute,
  connectionsRoute,
  appRoute.addChildren([
    homeRoute,
    allRunsRoute,
    dagsRoute,
    dagRoute.addChildren([
      dagGridRoute,
      dagGraphRoute,
      dagGanttRoute,
      dagCalendarRoute,
      dagBackfillsRoute,
      dagDurationsRoute,
      dagVersionsRoute,
      dagAuditRoute,
      dagTasksRoute,
      dagRunsRoute,
      dagDetailsRoute,
      dagCodeRoute,
    ]),
    runRoute,
    taskRoute,
    schedulesRoute,
    ...adminRoutes,
    assetsRoute,
    filesRoute.addChildren([fileListRoute, fileRoute]),
    lostRoute,
  ]),
])

export function createAppRouter(queryClient: QueryClient, signInToken: string | null) {
  let token = signInToken
  const signInLink = {
    take: () => {
      const taken = token
      token = null
      return taken
    },
    isPresent: () => token !== null,
  }
  return createRouter({
    routeTree,
    context: { queryClient, signInLink },
    defaultPreload: 'intent',
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
    defaultNotFoundComponent: NotFoundPage,
    defaultErrorComponent: (props: ErrorComponentProps) => <CrashPage {...props} />,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>
  }
}
