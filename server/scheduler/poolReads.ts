/** The engine reads the pools itself when one was changed, one read after the other: what was read first must not be heard last. */
import type { EngineService } from './engineService.ts'

const reads = new WeakMap<EngineService, Promise<void>>()

/** Begins `read` when those before it have ended, well or not. */
export async function oneAfterAnother(service: EngineService, read: () => Promise<void>): Promise<void> {
  const before = reads.get(service) ?? Promise.resolve()
  const mine = before.then(read)
  reads.set(
    service,
    mine.catch(() => undefined),
  )
  await mine
}
