/** Health and readiness. */
import { VortexError } from '#contract/errors.ts'
import type { Health } from '#contract/admin.ts'
import { HEALTH_PING_MS } from '#runtime/limits.ts'
import type { Handlers } from '../handlers.ts'
import type { ApiServices } from '../services.ts'

export function serverHandlers({ store, engine, dagFiles, clock, version }: ApiServices): Pick<Handlers, 'health' | 'ready'> {
  const started = clock.monotonic()
  let asking: Promise<'ok' | 'down'> | null = null

  /** One question at a time, however many ask: these routes are open to everybody. */
  function database(): Promise<'ok' | 'down'> {
    asking ??= new Promise<'ok' | 'down'>((resolve) => {
      const timer = clock.after(HEALTH_PING_MS, () => resolve('down'))
      store
        .ping()
        .then(
          () => resolve('ok'),
          () => resolve('down'),
        )
        .finally(() => timer.cancel())
    }).finally(() => (asking = null))
    return asking
  }
  async function health(): Promise<Health> {
    const [state, scheduler] = [await database(), engine.role()]
    return {
      status: state === 'ok' && scheduler !== 'starting' ? 'ok' : 'degraded',
      version,
      database: state,
      scheduler,
      workers: engine.workers().filter((worker) => worker.status === 'active').length,
      dag_files: dagFiles.reading(),
      uptime_ms: Math.floor(clock.monotonic() - started),
    }
  }
  return {
    health,
    async ready() {
      const state = await health()
      if (state.database === 'down') throw new VortexError('database_unavailable', 'The database does not answer.', state)
      if (state.scheduler === 'starting') throw new VortexError('not_leader', 'The scheduler is still starting.', state)
      return state
    },
  }
}
