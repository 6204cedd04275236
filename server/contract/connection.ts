/** Wire shapes of connections. Passwords and sensitive values of the extra go in and never come out. */
import { Type, type Static } from 'typebox'
import { Enum, Instant, Json, Nullable, Strict } from './schema.ts'

/** As Airflow has it. */
export const ConnectionId = Type.String({ pattern: '^[\\w#!()\\-.:/\\\\]+$', minLength: 1, maxLength: 250 })
const Text = (maxLength: number, description?: string) =>
  Nullable(Type.String({ maxLength }), description === undefined ? {} : { description })

export const ConnectionSummary = Strict({
  conn_id: Type.String(),
  conn_type: Type.String(),
  description: Type.String(),
  updated_at: Instant,
})
export type ConnectionSummary = Static<typeof ConnectionSummary>

export const Connection = Strict({
  ...ConnectionSummary.properties,
  host: Nullable(Type.String()),
  port: Nullable(Type.Integer()),
  schema: Nullable(Type.String({ description: 'database, path or whatever the type makes of it' })),
  login: Nullable(Type.String()),
  has_password: Type.Boolean(),
  extra: Nullable(Type.String(), { description: 'JSON object as text; *** stands for a value of a sensitive name' }),
  created_at: Instant,
})
export type Connection = Static<typeof Connection>

const fields = {
  conn_type: Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_.-]*$', maxLength: 200, description: 'such as postgres, http, aws' }),
  description: Type.Optional(Type.String({ maxLength: 2000, default: '' })),
  host: Type.Optional(Text(2000)),
  port: Type.Optional(Nullable(Type.Integer({ minimum: 0, maximum: 65_535 }))),
  schema: Type.Optional(Text(2000)),
  login: Type.Optional(Text(5000)),
  password: Type.Optional(Text(65_536, 'null = none; left out = it stays as it is')),
  extra: Type.Optional(Text(1_048_576, 'JSON object as text; *** for a sensitive value keeps it; left out = it stays as it is')),
}
export const ConnectionBody = Strict(fields)
export type ConnectionBody = Static<typeof ConnectionBody>
export const NewConnectionBody = Strict({ conn_id: ConnectionId, ...fields })

/** Connections at once, as a file of Airflow holds them: `{id: URI}` or `{id: {conn_type, host, ...}}`, the extra as text or object. */
export const ConnectionImportBody = Strict({
  connections: Type.Record(ConnectionId, Json, { maxProperties: 1000 }),
  on_existing: Type.Optional(Enum(['overwrite', 'skip', 'fail'] as const, { default: 'overwrite' })),
  dry_run: Type.Optional(Type.Boolean({ default: false, description: 'tell what would be done and change nothing' })),
})
export const ConnectionImported = Strict({
  dry_run: Type.Boolean(),
  created: Type.Array(Type.String()),
  overwritten: Type.Array(Type.String()),
  skipped: Type.Array(Type.String()),
})
export type ConnectionImported = Static<typeof ConnectionImported>
