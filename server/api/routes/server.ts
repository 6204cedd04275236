/** Health and readiness. */
import { VortexError } from '#contract/errors.ts'
import type { Health } from '#contract/admin.ts'
import { HEALTH_PING_MS } from '#runtime/limits.ts'
import { StoreUnavailable } from '#db/store.ts'
import type { Handlers } from '../handlers.ts'
import { unavailableMessage } from '../plugins/errors.ts'
import { iso, isoOrNull } from '../present/instant.ts'
import type { ApiServices } from '../services.ts'

interface DatabaseState {
  state: 'ok' | 'down'
  problem: string | null
}

export function serverHandlers({
  store,
  engine,
  leaderOf,
  dagFiles,
  storage,
  clock,
  version,
  events,
}: ApiServices): Pick<Handlers, 'health' | 'ready' | 'system'> {
  const started = clock.monotonic()
  let asking: Promise<DatabaseState> | null = null

  /** One question at a time, however many ask: these routes are open to everybody. */
  function database(): Promise<DatabaseState> {
    asking ??= new Promise<DatabaseState>((resolve) => {
      const timer = clock.after(HEALTH_PING_MS, () => resolve({ state: 'down', problem: null }))
      store
        .ping()
        .then(
          () => resolve({ state: 'ok', problem: null }),
          (error: unknown) => resolve({ state: 'down', problem: error instanceof StoreUnavailable ? error.reason : null }),
        )
        .finally(() => timer.cancel())
    }).finally(() => (asking = null))
    return asking
  }
  async function health(): Promise<Health> {
    const [{ state, problem }, scheduler] = [await database(), engine.role()]
    return {
      status: state === 'ok' && scheduler !== 'starting' ? 'ok' : 'degraded',
      version,
      database: state,
      database_problem: problem,
      scheduler,
      leader_address: leaderOf()?.api_address ?? null,
      leader_epoch: leaderOf()?.epoch ?? null,
      workers: engine.workers().filter((worker) => worker.status === 'active').length,
      dag_files: dagFiles.reading(),
      storage: presentStorage(storage()),
      uptime_ms: Math.floor(clock.monotonic() - started),
    }
  }
  return {
    health,
    async system() {
      const one = { limit: 1, offset: 0 }
      const [errors, dags] = await Promise.all([store.dagFileErrorList(one), store.dagList({ ...one, include_stale: false })])
      return {
        node_version: process.version,
        platform: `${process.platform} ${process.arch}`,
        database: store.dialect,
        started_at: iso(Math.round(clock.now() - (clock.monotonic() - started))),
        memory_bytes: process.memoryUsage.rss(),
        events: { clients: events.clients(), newest_id: events.newest() },
        import_errors: errors.total,
        dags: dags.total,
      }
    },
    async ready() {
      const state = await health()
      if (state.database === 'down') throw new VortexError('database_unavailable', unavailableMessage(state.database_problem), state)
      if (state.scheduler === 'starting') throw new VortexError('not_leader', 'The scheduler is still starting.', state)
      return state
    },
  }
}

function presentStorage({ retention_days, measured }: ReturnType<ApiServices['storage']>): Health['storage'] {
  return {
    database_bytes: measured?.database_bytes ?? null,
    log_bytes: measured?.log_bytes ?? null,
    measured_at: isoOrNull(measured?.measured_at ?? null),
    retention_days,
  }
}
