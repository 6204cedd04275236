/**
 * Connections that people keep on the server. Password and extra are sealed together, bound to the connection's id; what names
 * the other end (host, port, login) is plain, so that it can be listed and searched.
 *
 * Invariant: password and sensitive values of the extra leave through `open` alone, which serves workers and parses.
 */
import { VortexError } from '#contract/errors.ts'
import type { ConnectionRecord } from '#db/records.ts'
import type { Store } from '#db/store.ts'
import { keptExtra } from '#domain/connectionExtra.ts'
import type { ConnectionParts } from '#domain/connectionUri.ts'
import type { Clock } from '#runtime/clock.ts'
import type { SealedFor } from './cipher.ts'
import type { Vault } from './vault.ts'

export interface ConnectionValues extends ConnectionParts {
  description: string
}
/** A password that is left out stays; an extra may come back as it was shown. */
export type ConnectionChange = Omit<ConnectionValues, 'password' | 'extra'> & Partial<Pick<ConnectionValues, 'password' | 'extra'>>
interface Sealable {
  password: string | null
  extra: string | null
}

export interface Connections {
  /** Fails with conflict if there is one of this id. */
  create(p: { conn_id: string; values: ConnectionChange }): Promise<ConnectionRecord>
  update(p: { record: ConnectionRecord; values: ConnectionChange }): Promise<ConnectionRecord>
  open(record: ConnectionRecord): ConnectionValues
  /** With password and extra; null = there is none of this id. */
  find(conn_id: string): Promise<ConnectionValues | null>
}

export function createConnections(p: {
  store: Pick<Store, 'connectionGet' | 'connectionCreate' | 'connectionPut'>
  vault: Pick<Vault, 'seal' | 'open'>
  clock: Clock
}): Connections {
  const { store, vault, clock } = p
  const openSealed = ({ conn_id, sealed }: ConnectionRecord): Sealable => {
    if (sealed === null) return { password: null, extra: null }
    const what = `What is secret in the connection "${conn_id}"`
    return JSON.parse(vault.open({ for: sealedFor(conn_id), sealed, what }).reveal()) as Sealable
  }
  const sealOf = (conn_id: string, plain: Sealable): ConnectionRecord['sealed'] =>
    plain.password === null && plain.extra === null ? null : vault.seal({ for: sealedFor(conn_id), plain: JSON.stringify(plain) })
  const open = (record: ConnectionRecord): ConnectionValues => {
    const { conn_type, description, host, port, schema, login } = record
    return { conn_type, description, host, port, schema, login, ...openSealed(record) }
  }
  return {
    async create({ conn_id, values: { password = null, extra = null, ...plain } }) {
      const now = clock.now()
      const sealed = sealOf(conn_id, { password, extra: wholeExtra(extra, null) })
      const record: ConnectionRecord = { conn_id, ...plain, sealed, created_at: now, updated_at: now }
      if (await store.connectionCreate(record)) return record
      throw new VortexError('conflict', `There is a connection "${conn_id}" already.`, { field: 'conn_id' })
    },
    async update({ record, values: { password, extra, ...plain } }) {
      const keepsAll = password === undefined && extra === undefined
      const before = keepsAll ? null : openBefore(openSealed, record, { password, extra })
      const sealed = keepsAll
        ? record.sealed
        : sealOf(record.conn_id, {
            password: password === undefined ? (before?.password ?? null) : password,
            extra: extra === undefined ? (before?.extra ?? null) : wholeExtra(extra, before?.extra ?? null),
          })
      const changed: ConnectionRecord = { ...record, ...plain, sealed, updated_at: clock.now() }
      await store.connectionPut(changed)
      return changed
    },
    open,
    async find(conn_id) {
      const record = await store.connectionGet({ conn_id })
      return record === null ? null : open(record)
    },
  }
}

const sealedFor = (conn_id: string): SealedFor => ({ table: 'connections', key: conn_id })

/** What does not open any more can be replaced, if both parts of it are. */
function openBefore(
  openSealed: (record: ConnectionRecord) => Sealable,
  record: ConnectionRecord,
  given: { password: string | null | undefined; extra: string | null | undefined },
): Sealable | null {
  try {
    return openSealed(record)
  } catch (error) {
    if (given.password === undefined || given.extra === undefined) throw error
    return null
  }
}

function wholeExtra(given: string | null, stored: string | null): string | null {
  const kept = given === null ? null : keptExtra(given, stored)
  if (given === null || kept !== null) return kept
  throw new VortexError('invalid_request', 'The extra has *** for a sensitive value that is not stored. Give the value itself.', {
    field: 'extra',
  })
}
