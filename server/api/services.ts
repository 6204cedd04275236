/** What the API is built over; the composition root provides it. */
import type { Store } from '#db/store.ts'
import type { Clock } from '#runtime/clock.ts'
import type { LiveEvents } from '#runtime/liveEvents.ts'
import type { Logger } from '#runtime/logger.ts'
import type { EngineCommands, EngineQueries } from '#scheduler/ports.ts'
import type { Vault } from '#vault/vault.ts'
import type { Accounts } from './auth/accounts.ts'
import type { Passwords } from './auth/passwords.ts'

export interface ApiServices {
  store: Store
  engine: EngineCommands & EngineQueries
  vault: Vault
  accounts: Accounts
  passwords: Passwords
  events: LiveEvents
  clock: Clock
  logger: Logger
  /** Version of VORTEX. */
  version: string
}
