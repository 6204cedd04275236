/** Connections as the contract's shapes. */
import type { Connection, ConnectionSummary } from '#contract/connection.ts'
import type { ConnectionRecord } from '#db/records.ts'
import { shownExtra } from '#domain/connectionExtra.ts'
import type { ConnectionValues } from '#vault/connections.ts'
import { iso } from './instant.ts'

export function presentConnectionSummary({ conn_id, conn_type, description, updated_at }: ConnectionRecord): ConnectionSummary {
  return { conn_id, conn_type, description, updated_at: iso(updated_at) }
}

export function presentConnection(record: ConnectionRecord, { password, extra }: Pick<ConnectionValues, 'password' | 'extra'>): Connection {
  const { host, port, schema, login, created_at } = record
  return {
    ...presentConnectionSummary(record),
    host,
    port,
    schema,
    login,
    has_password: password !== null,
    extra: extra === null ? null : shownExtra(extra),
    created_at: iso(created_at),
  }
}
