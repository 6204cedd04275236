/** Every route against every role. The expected roles are written here by hand, so that a slip in the table shows. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { routes, type Operation, type OperationId } from '#contract/routes.ts'
import { startTestApi, USERS, type TestApi } from '#testkit/apiServer.ts'
import { policy } from './policy.ts'

const EVERYBODY: readonly OperationId[] = ['login', 'loginWithLink', 'health', 'ready']
const VIEWER: readonly OperationId[] = [
  'logout',
  'me',
  'changePassword',
  'getOverview',
  'getTimeline',
  'search',
  'addFavourite',
  'removeFavourite',
  'listViews',
  'saveView',
  'deleteView',
  'listAssets',
  'getAsset',
  'listAssetEvents',
  'getAssetCondition',
  'getRunAssetEvents',
  'listDags',
  'dagFacets',
  'getDag',
  'getDagTasks',
  'getDagSource',
  'nextRuns',
  'previewSchedule',
  'previewUnpause',
  'previewTrigger',
  'listPoolTasks',
  'listWorkerTasks',
  'system',
  'listVersions',
  'getVersionSource',
  'listImportErrors',
  'listDagFiles',
  'listPlugins',
  'getDagFile',
  'getDagSchema',
  'listBackfills',
  'backfillRuns',
  'dagCalendar',
  'dagDurations',
  'dagEvents',
  'versionChanges',
  'versionRuns',
  'runAttempts',
  'backfillProgress',
  'getGrid',
  'listRuns',
  'getRun',
  'runXcoms',
  'runEvents',
  'listTaskInstances',
  'getTaskInstance',
  'listAttempts',
  'getLog',
  'getLogIndex',
  'searchLog',
  'getRendered',
  'getRunContext',
  'whyNotRunning',
  'getXcom',
  'listXcoms',
  'taskEvents',
  'getLogById',
  'listPools',
  'getPool',
  'listApiKeys',
  'createApiKey',
  'deleteApiKey',
  'swarmStatus',
  'listWorkers',
]
const OPERATOR: readonly OperationId[] = [
  'bulkDags',
  'deleteDag',
  'pauseDag',
  'unpauseDag',
  'triggerDag',
  'retryDag',
  'createBackfill',
  'setBackfillState',
  'deleteRun',
  'cancelRun',
  'clearRun',
  'retryRun',
  'markRun',
  'setTaskNote',
  'setRunNote',
  'markTaskInstances',
  'clearTaskInstance',
  'markTaskInstance',
  'createAssetEvent',
  'createPool',
  'updatePool',
  'deletePool',
  'listVariables',
  'setVariable',
  'getVariable',
  'deleteVariable',
  'importVariables',
  'getVariableUses',
  'listConnections',
  'drainWorker',
  'resumeWorker',
]
const ADMIN: readonly OperationId[] = [
  'saveDagFile',
  'moveDagFile',
  'deleteDagFile',
  'previewDagFile',
  'createConnection',
  'importConnections',
  'getConnection',
  'updateConnection',
  'deleteConnection',
  'listSecrets',
  'setSecret',
  'deleteSecret',
  'listUsers',
  'createUser',
  'updateUser',
  'deleteUser',
  'deleteWorker',
]
const LEVELS: readonly (readonly OperationId[])[] = [EVERYBODY, VIEWER, OPERATOR, ADMIN]
const CALLERS = [undefined, 'vera', 'otto', 'ada'] as const

/** Bodies that pass validation, where an empty one does not. */
const BODIES: Partial<Record<OperationId, object>> = {
  login: { username: 'vera', password: 'not it, not it' },
  loginWithLink: { token: 'x'.repeat(43) },
  changePassword: { old_password: null, new_password: 'another password' },
  createBackfill: { start_date: '2026-02-01T00:00:00Z', end_date: '2026-02-02T00:00:00Z', dry_run: true },
  markRun: { state: 'failed' },
  markTaskInstance: { state: 'failed' },
  createAssetEvent: { uri: 's3://absent' },
  createPool: { name: 'p2', slots: 1 },
  updatePool: { slots: 2 },
  setVariable: { value: '1' },
  importVariables: { variables: {} },
  setSecret: { key: 's', value: 'v' },
  createConnection: { conn_id: 'c2', conn_type: 'http' },
  importConnections: { connections: {} },
  updateConnection: { conn_type: 'http' },
  createUser: { username: 'new', password: 'twelve letters', role: 'Viewer' },
  createApiKey: { name: 'k' },
  saveDagFile: { path: 'a.txt', text: 'x', expected_hash: null },
  moveDagFile: { path: 'absent.txt', to: 'b.txt', expected_hash: 'a'.repeat(64) },
  saveView: { page: 'dags', name: 'mine', search: '?paused=true' },
  bulkDags: { action: 'pause', dag_ids: ['absent'] },
  previewDagFile: { path: 'a.py', text: '', editor: 'e' },
}
/** Queries of operations that need one. */
const QUERIES: Partial<Record<OperationId, string>> = {
  dagCalendar: '?from=2026-11-23&days=1',
  getTimeline: '?from=2026-11-23T00:00:00Z&to=2026-11-24T00:00:00Z',
  search: '?q=e',
  getAsset: '?uri=absent',
  listAssetEvents: '?uri=absent',
  searchLog: '?q=e',
}
/** Reads of what this server does not hold: an XCom, an attempt, a file, a backfill, a worker, an asset. */
const NEEDS_AN_OBJECT: ReadonlySet<OperationId> = new Set([
  'getXcom',
  'taskEvents',
  'getLogById',
  'getDagFile',
  'backfillRuns',
  'listWorkerTasks',
  'getAsset',
])
const VALUES: Record<string, string> = {
  dag_id: 'absent',
  run_id: 'absent',
  task_id: 'absent',
  version: '1',
  backfill_id: '1',
  action: 'pause',
  key: 'absent',
  name: 'absent',
  id: '999999',
  ti_id: '999999',
  username: 'absent',
  worker_id: 'absent',
  page: 'dags',
}

let api: TestApi
beforeAll(async () => {
  api = await startTestApi()
})
afterAll(() => api.close())

const ids = Object.keys(routes) as OperationId[]
const send = (id: OperationId, as: (typeof CALLERS)[number] | 'admin') => {
  const operation: Operation = routes[id]
  const url = operation.path.replace(/:([a-z_]+)/g, (_, name: string) => VALUES[name] ?? 'absent') + (QUERIES[id] ?? '')
  return api.call({ method: operation.method, url, as, ...(BODIES[id] ? { body: BODIES[id] } : {}) })
}

describe('access', () => {
  it('lists each operation under exactly one level here', () => {
    expect(LEVELS.flat().sort()).toEqual([...ids].sort())
  })
  it.each(ids.map((id) => [id] as const))('to %s is for its role and stronger ones only', async (id) => {
    const needed = LEVELS.findIndex((level) => level.includes(id))
    for (const [level, as] of CALLERS.entries()) {
      const { statusCode } = await send(id, as)
      if (level >= needed) expect([as, statusCode]).not.toEqual([as, 403])
      else expect([as, statusCode]).toEqual([as, as === undefined ? 401 : 403])
      if (level >= needed && as !== undefined && needed > 0) expect([as, statusCode]).not.toEqual([as, 401])
    }
  })
  it.each(['/metrics', '/api/events', '/api/openapi.json'])('to %s', async (url) => {
    if (url === '/api/openapi.json') return expect((await api.call({ url })).statusCode).toBe(200)
    expect((await api.call({ url })).statusCode).toBe(401)
    if (url === '/metrics') expect((await api.call({ url, as: 'vera' })).statusCode).toBe(200)
  })
  it.each([
    '/api/users/',
    '//api/users',
    '/API/users',
    '/api/%75sers',
    '/api/./users',
    '/api/users?as=admin',
    '/api//users',
    '/api/users%2F',
  ])('is not had by spelling the path as %s', async (url) => {
    const answer = await api.call({
      url,
      as: 'vera',
      headers: { 'x-http-method-override': 'GET', 'x-forwarded-user': 'admin', 'x-original-url': '/api/health' },
    })
    expect(answer.body).not.toContain('last_login_at')
    expect([400, 403, 404, 503]).toContain(answer.statusCode)
  })
  it("answers alike for a missing API key and for another user's", async () => {
    const foreign = (await api.store.apiKeyList({ username: 'admin' }))[0]!
    const other = await api.call({ method: 'DELETE', url: `/api/api-keys/${foreign.id}`, as: 'vera' })
    const missing = await api.call({ method: 'DELETE', url: '/api/api-keys/999999', as: 'vera' })
    expect(other.statusCode).toBe(404)
    expect(other.json<{ message: string }>().message.replace(String(foreign.id), 'N')).toBe(
      missing.json<{ message: string }>().message.replace('999999', 'N'),
    )
  })
  it('is decided by the role in force: a demoted user is stopped at once', async () => {
    expect((await api.call({ url: '/api/variables', as: 'otto' })).statusCode).toBe(200)
    expect((await api.call({ method: 'PATCH', url: '/api/users/otto', as: 'ada', body: { role: 'Viewer' } })).statusCode).toBe(200)
    expect((await api.call({ url: '/api/variables', as: 'otto' })).statusCode).toBe(403)
    await api.call({ method: 'PATCH', url: '/api/users/otto', as: 'ada', body: { role: USERS.otto } })
  })
  it.each([{ role: 'Admin', password_hash: 'x' }, { role: 'Root' }, { created_at: '2026-01-01T00:00:00Z' }])(
    'is not widened by extra fields %j',
    async (body) => {
      expect((await api.call({ method: 'PATCH', url: '/api/users/vera', as: 'ada', body })).statusCode).toBe(400)
    },
  )
})

describe('the operation table', () => {
  it('and the registered routes are the same, both ways', () => {
    const extra = ['GET /api/events', 'GET /api/openapi.json', 'GET /metrics']
    const expected = [...ids.map((id) => `${routes[id].method} ${routes[id].path}`), ...extra].sort()
    const registered = expected.filter((line) => {
      const [method, url] = line.split(' ') as ['GET', string]
      return api.app.hasRoute({ method, url })
    })
    expect(registered).toEqual(expected)
    const printed = api.app.printRoutes({ commonPrefix: false, includeHooks: false })
    expect((printed.match(/\((?:GET|POST|PUT|PATCH|DELETE)[^)]*\)/g) ?? []).flatMap((group) => group.slice(1, -1).split(', ')).length).toBe(
      expected.length,
    )
  })
  it('has a policy row for each operation', () => {
    expect(Object.keys(policy).sort()).toEqual([...ids].sort())
  })
  it('has no two operations on one route', () => {
    expect(new Set(ids.map((id) => `${routes[id].method} ${routes[id].path}`)).size).toBe(ids.length)
  })
  it('refuses to start with a route that has no policy', async () => {
    const { default: Fastify } = await import('fastify')
    const { useAuthentication } = await import('./plugins/authentication.ts')
    const app = Fastify()
    useAuthentication(app, { accounts: api.services.accounts, cookie: { name: 'x', tls: false } })
    expect(() => app.get('/api/forgotten', async () => 'open')).toThrow(/GET \/api\/forgotten has no row/)
  })
})

describe('answers', () => {
  it("fit their schemas, and are the contract's objects", async () => {
    const ajv = addFormats.default(new Ajv({ strict: false }))
    const run = (await api.call({ method: 'POST', url: '/api/dags/etl/trigger', as: 'otto', body: { run_id: 'r1' } })).json<{
      run_id: string
      state: string
    }>()
    expect(run).toMatchObject({ run_id: 'r1', run_type: 'manual', triggered_by: 'otto', version: 1 })
    await api.call({ method: 'PUT', url: '/api/variables/v', as: 'otto', body: { value: '1' } })
    await api.call({ method: 'POST', url: '/api/secrets', as: 'ada', body: { key: 's', value: 'canary-value' } })
    const secret = { password: 'canary-value', extra: '{"token": "canary-value"}' }
    await api.call({ method: 'POST', url: '/api/connections', as: 'ada', body: { conn_id: 'c', conn_type: 'http', ...secret } })
    const present: Record<string, string> = {
      ...VALUES,
      ...{ dag_id: 'etl', run_id: 'r1', task_id: 'extract', name: 'default_pool', key: 'v', conn_id: 'c' },
    }
    let checked = 0
    for (const id of ids) {
      const operation: Operation = routes[id]
      if (operation.method !== 'GET' || NEEDS_AN_OBJECT.has(id)) continue
      const url = operation.path.replace(/:([a-z_]+)/g, (_, name: string) => present[name]!) + (QUERIES[id] ?? '')
      const answer = await api.call({ url, as: 'ada' })
      expect([id, answer.statusCode, answer.statusCode === 200 ? '' : answer.body]).toEqual([id, 200, ''])
      const validate = ajv.compile(operation.ok)
      expect([id, validate(answer.json()), validate.errors]).toEqual([id, true, null])
      expect(answer.body).not.toContain('canary-value')
      checked += 1
    }
    expect(checked).toBeGreaterThan(25)
  })
})
