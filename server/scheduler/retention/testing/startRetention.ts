/** The real engine over a real store, without workers, and its retention, which sweeps when it is told to. */
import { randomUUID } from 'node:crypto'
import type { Store } from '#db/store.ts'
import { systemClock } from '#runtime/clock.ts'
import { createLogger } from '#runtime/logger.ts'
import { createEngineCommands } from '../../engineCommands.ts'
import { EngineService } from '../../engineService.ts'
import { DEFAULT_SETTINGS } from '../../model.ts'
import type { EngineCommands } from '../../ports.ts'
import { RetentionService } from '../retentionService.ts'

const NO_WORKERS = {
  assign: () => undefined,
  kill: () => undefined,
  drain: () => undefined,
  disconnect: () => undefined,
  disconnectAll: () => undefined,
}

export async function startRetention(
  store: Store,
  days: number,
): Promise<{ service: EngineService; commands: EngineCommands; retention: RetentionService; stop: () => Promise<void> }> {
  const clock = systemClock
  const logger = createLogger({ level: 'error' })
  const service = new EngineService({
    store,
    clock,
    logger,
    holder: 'retention',
    newToken: randomUUID,
    settings: DEFAULT_SETTINGS,
    workers: NO_WORKERS,
    publish: () => undefined,
  })
  const commands = createEngineCommands({ service, store, clock })
  const retention = new RetentionService({ days, store, service, commands, clock, logger })
  await service.start()
  await service.whenLeading()
  const stop = async (): Promise<void> => {
    await retention.stop()
    await service.stop()
  }
  return { service, commands, retention, stop }
}
