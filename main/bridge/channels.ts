/**
 * Everything that page and main process may say to each other, in one table. `calls` are asked by the page and answered by the main
 * process, which checks each input against its schema; `events` are told to the page. What the page needs of the engine is not here:
 * that goes through the REST API.
 */
import { Type, type Static, type TSchema } from 'typebox'
import { Enum, Nullable, Strict } from '#contract/schema.ts'

/** A connection of this many is a list that nobody keeps by hand. */
export const CONNECTIONS_MAX = 50
/** Commands of one page; the palette shows them all. */
const COMMANDS_MAX = 200

export const CONNECTION_COLORS = ['gray', 'blue', 'teal', 'green', 'yellow', 'orange', 'red', 'grape'] as const
export const ENVIRONMENTS = ['local', 'development', 'staging', 'production'] as const
/** What a page of the connection may change on its server: all, what is confirmed, or nothing. */
export const SAFE_MODES = ['allow', 'ask', 'refuse'] as const
export type SafeMode = (typeof SAFE_MODES)[number]
/** Also the host of the page's address, so that what a page keeps (storage, workers) is kept per connection. */
const ConnectionId = Type.String({ pattern: '^(local|[0-9a-f]{8})$' })
const ApiKey = Type.String({ minLength: 1, maxLength: 500, pattern: '^[\\x21-\\x7e]+$' })
const Address = Type.String({ minLength: 8, maxLength: 500 })
const None = Strict({})
const Nothing = Type.Null()

export const Connection = Strict({
  id: ConnectionId,
  name: Type.String({ minLength: 1, maxLength: 80 }),
  /** null = the server on this machine. */
  url: Nullable(Address),
  color: Enum(CONNECTION_COLORS),
  environment: Enum(ENVIRONMENTS),
  /** kept: encrypted by the keychain. entered: in memory until the app ends. missing: asked when it is opened. */
  key: Enum(['not_needed', 'kept', 'entered', 'missing'] as const),
  safe_mode: Enum(SAFE_MODES),
  /** Failed runs are told by the system while the connection is shown. */
  notifies: Type.Boolean(),
  last_used_at: Nullable(Type.String()),
})
export type Connection = Static<typeof Connection>

export const ConnectionDraft = Strict({
  /** null = a new one. */
  id: Nullable(ConnectionId),
  name: Type.String({ minLength: 1, maxLength: 80 }),
  url: Address,
  color: Enum(CONNECTION_COLORS),
  environment: Enum(ENVIRONMENTS),
  safe_mode: Enum(SAFE_MODES),
  /** null = leave the key as it is. */
  api_key: Nullable(ApiKey),
})
export type ConnectionDraft = Static<typeof ConnectionDraft>

const ConnectionList = Strict({
  connections: Type.Array(Connection, { maxItems: CONNECTIONS_MAX }),
  /** The one that the window shows, or showed last. */
  current: ConnectionId,
  keychain: Strict({ is_available: Type.Boolean(), problem: Nullable(Type.String()) }),
})
export type ConnectionList = Static<typeof ConnectionList>

const TestResult = Strict({ is_ok: Type.Boolean(), message: Type.String() })

export const ServerState = Strict({
  /** found: it ran before the app did, and stays when the app ends. */
  phase: Enum(['starting', 'ready', 'found', 'restarting', 'failed', 'remote', 'stopping'] as const),
  /** What happened, for people; null while all is well. */
  message: Nullable(Type.String()),
  dags_folder: Nullable(Type.String()),
})
export type ServerState = Static<typeof ServerState>

const QuitState = Strict({ running: Type.Integer() })
export type QuitState = Static<typeof QuitState>

const MenuCommand = Strict({
  id: Type.String({ maxLength: 200 }),
  title: Type.String({ maxLength: 200 }),
  group: Enum(['go', 'view', 'act', 'help'] as const),
  keys: Nullable(Type.String({ maxLength: 40 })),
})
export type MenuCommand = Static<typeof MenuCommand>

export const calls = {
  'connections.list': { input: None, output: ConnectionList },
  'connections.save': { input: ConnectionDraft, output: Connection },
  'connections.remove': { input: Strict({ id: ConnectionId }), output: Nothing },
  'connections.notify': { input: Strict({ id: ConnectionId, notifies: Type.Boolean() }), output: Nothing },
  /** With `api_key: null` the kept key of `id` is tried. */
  'connections.test': { input: Strict({ id: Nullable(ConnectionId), url: Address, api_key: Nullable(ApiKey) }), output: TestResult },
  /** Shows a connection in the window, with the key that was asked for if there is none yet. */
  'connections.open': { input: Strict({ id: ConnectionId, api_key: Nullable(ApiKey) }), output: Nothing },
  'server.state': { input: None, output: ServerState },
  'server.restart': { input: None, output: Nothing },
  'server.show_log': { input: None, output: Nothing },
  /** Asks for a folder and starts the local server with it; null = the person changed their mind. */
  'dags_folder.choose': { input: None, output: Nullable(Type.String()) },
  'menu.set': { input: Strict({ commands: Type.Array(MenuCommand, { maxItems: COMMANDS_MAX }) }), output: Nothing },
  /** While the app waits for running tasks. */
  'quit.choose': { input: Strict({ choice: Enum(['stop', 'cancel'] as const) }), output: Nothing },
} as const satisfies Record<string, { input: TSchema; output: TSchema }>

export const events = {
  'connections.changed': None,
  'server.changed': ServerState,
  /** A menu item of a command of the page. */
  'command.run': Strict({ id: Type.String() }),
  /** A path of the page, from a link or a notification. */
  'page.open': Strict({ path: Type.String() }),
  /** null = the app does not end after all. */
  'quit.changed': Nullable(QuitState),
} as const satisfies Record<string, TSchema>

export type CallName = keyof typeof calls
export type EventName = keyof typeof events
export type CallInput<Name extends CallName> = Static<(typeof calls)[Name]['input']>
export type CallOutput<Name extends CallName> = Static<(typeof calls)[Name]['output']>
export type EventData<Name extends EventName> = Static<(typeof events)[Name]>
