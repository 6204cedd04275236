/** What the API is built over; the composition root provides it. */
import type { Health } from '#contract/admin.ts'
import type { PluginList } from '#contract/plugin.ts'
import type { FolderFiles } from '#dagfiles/editing/folderFiles.ts'
import type { ParseText } from '#dagfiles/editing/previews.ts'
import type { Store } from '#db/store.ts'
import type { Clock } from '#runtime/clock.ts'
import type { LiveEvents } from '#runtime/liveEvents.ts'
import type { Logger } from '#runtime/logger.ts'
import type { Measured } from '#runtime/storageMeter.ts'
import type { EngineCommands, EngineQueries, LeaderQueries } from '#scheduler/ports.ts'
import type { Connections } from '#vault/connections.ts'
import type { Vault } from '#vault/vault.ts'
import type { Accounts } from './auth/accounts.ts'
import type { Passwords } from './auth/passwords.ts'

/** What the API says to, and asks of, the part that reads the DAG folder. */
export interface DagFilesPort {
  /** A Variable was set or deleted: the files that asked for it are read again. */
  variableChanged(key: string): void
  /** So for a connection. */
  connectionChanged(conn_id: string): void
  /** A DAG was deleted. Answers with the files that still define it: they are read again, and it comes back. */
  dagDeleted(dag_id: string): string[] | Promise<string[]>
  /** A person changed this file of the folder: it is looked at now. */
  fileChanged(file: string): void
  /** The folder's files, as this controller has them. */
  files: FolderFiles
  /** What unsaved text would define. */
  parseText: ParseText
  reading(): Health['dag_files']
  /** Rejects with an Error in words if nobody can look. */
  plugins(): Promise<PluginList>
}

export interface ApiServices {
  store: Store
  /** Commands work on every controller; answers are from this one's own memory, for health and metrics. */
  engine: EngineCommands & EngineQueries
  /** Answers of whichever controller leads. */
  leader: LeaderQueries
  /** Who leads, as far as this controller knows; null = nobody, or there is only this one. */
  leaderOf(): { epoch: number; api_address: string | null } | null
  dagFiles: DagFilesPort
  /** What the controller's storage takes, as far as it was measured. */
  storage(): { retention_days: number; measured: Measured | null }
  vault: Vault
  connections: Connections
  accounts: Accounts
  passwords: Passwords
  events: LiveEvents
  clock: Clock
  logger: Logger
  /** Version of VORTEX. */
  version: string
}
