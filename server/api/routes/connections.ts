/** Connections: secrets go in with them, never out. */
import { Compile } from 'typebox/compile'
import { ConnectionBody } from '#contract/connection.ts'
import { VortexError } from '#contract/errors.ts'
import type { ConnectionRecord } from '#db/records.ts'
import { isExtra } from '#domain/connectionExtra.ts'
import { ConnectionUriBroken, parseConnectionUri } from '#domain/connectionUri.ts'
import type { ConnectionChange } from '#vault/connections.ts'
import { pageOf, pageWith, type Handlers } from '../handlers.ts'
import { presentConnection, presentConnectionSummary } from '../present/connection.ts'
import type { ApiServices } from '../services.ts'

type ConnectionHandlers = Pick<
  Handlers,
  'listConnections' | 'createConnection' | 'importConnections' | 'getConnection' | 'updateConnection' | 'deleteConnection'
>

export function connectionHandlers({ store, connections, dagFiles }: ApiServices): ConnectionHandlers {
  const present = (record: ConnectionRecord) => presentConnection(record, connections.open(record))
  const changed = (record: ConnectionRecord): ConnectionRecord => {
    dagFiles.connectionChanged(record.conn_id)
    return record
  }
  return {
    async listConnections({ query }) {
      const request = pageOf(query)
      const page = await store.connectionList({ ...request, ...(query.search === undefined ? {} : { search: query.search }) })
      return pageWith(page, request, presentConnectionSummary)
    },
    createConnection: async ({ body: { conn_id, ...fields } }) =>
      present(changed(await connections.create({ conn_id, values: changeOf(fields) }))),
    getConnection: async (_, { object: record }) => present(record),
    updateConnection: async ({ body }, { object: record }) =>
      present(changed(await connections.update({ record, values: changeOf(body) }))),
    async deleteConnection(_, { object: { conn_id } }) {
      await store.connectionDelete({ conn_id })
      dagFiles.connectionChanged(conn_id)
      return { message: `Connection "${conn_id}" was deleted.` }
    },
    async importConnections({ body: { connections: given, on_existing = 'overwrite', dry_run = false } }) {
      const entries = Object.entries(given).map(([conn_id, value]) => ({ conn_id, values: readImported(conn_id, value) }))
      const known = new Map<string, ConnectionRecord>()
      for (const { conn_id } of entries) {
        const record = await store.connectionGet({ conn_id })
        if (record !== null) known.set(conn_id, record)
      }
      if (on_existing === 'fail' && known.size > 0) throw existing([...known.keys()])
      const taken = entries.filter(({ conn_id }) => on_existing === 'overwrite' || !known.has(conn_id))
      if (!dry_run)
        for (const { conn_id, values } of taken) {
          const record = known.get(conn_id)
          changed(
            record === undefined
              ? await connections.create({ conn_id, values })
              : await connections.update({ record, values: replacing(record, values) }),
          )
        }
      const ids = (list: { conn_id: string }[], isKnown: boolean) =>
        list.flatMap(({ conn_id }) => (known.has(conn_id) === isKnown ? [conn_id] : []))
      return {
        dry_run,
        created: ids(taken, false),
        overwritten: ids(taken, true),
        skipped: on_existing === 'skip' ? ids(entries, true) : [],
      }
    },
  }
}

/**
 * A file without passwords leaves those that are there, but only where they were given for: another host, port or login would be sent
 * the secret of the one before.
 */
function replacing(record: ConnectionRecord, values: ConnectionChange): ConnectionChange {
  const isTheSame = record.host === values.host && record.port === values.port && record.login === values.login
  return isTheSame ? values : { password: null, extra: null, ...values }
}

function existing(ids: string[]): VortexError {
  return new VortexError('conflict', `${ids.length} of the connections exist already, ${ids.slice(0, 5).join(', ')} among them.`, {
    conn_ids: ids,
  })
}

/** Empty texts are nothing, as in Airflow's forms. */
function changeOf({ password, extra, ...fields }: ConnectionBody): ConnectionChange {
  const filled = extra === '' ? null : extra
  if (typeof filled === 'string' && !isExtra(filled))
    throw new VortexError('invalid_request', 'The extra must be a JSON object, such as {"sslmode": "require"}.', { field: 'extra' })
  return {
    conn_type: fields.conn_type,
    description: fields.description ?? '',
    host: fields.host || null,
    port: fields.port ?? null,
    schema: fields.schema || null,
    login: fields.login || null,
    ...(password === undefined ? {} : { password: password === '' ? null : password }),
    ...(filled === undefined ? {} : { extra: filled }),
  }
}

const body = Compile(ConnectionBody)

function readImported(conn_id: string, given: unknown): ConnectionChange {
  const refuse = (message: string, cause?: unknown): VortexError =>
    new VortexError('invalid_request', `Connection "${conn_id}": ${message}`, { field: 'connections' }, { cause })
  if (typeof given === 'string') {
    try {
      return { description: '', ...parseConnectionUri(given) }
    } catch (cause) {
      if (cause instanceof ConnectionUriBroken) throw refuse(cause.message, cause)
      throw cause
    }
  }
  if (typeof given !== 'object' || given === null)
    throw refuse('it must be a URI, or an object with conn_type, host, login and the others.')
  const fields = airflowFields(given as Record<string, unknown>)
  if (!body.Check(fields)) {
    const [first] = body.Errors(fields)
    throw refuse(`${first?.instancePath.slice(1) ?? ''} ${first?.message ?? 'is not of its form'}.`.trim())
  }
  try {
    return changeOf(fields)
  } catch (cause) {
    if (cause instanceof VortexError) throw refuse(cause.message, cause)
    throw cause
  }
}

/** Airflow's export has the id in it, ports as texts, empty texts and nulls; the extra may be an object, and may be called extra_dejson. */
function airflowFields(given: Record<string, unknown>): unknown {
  const { conn_id: _id, id: _row, is_encrypted: _sealed, is_extra_encrypted: _extraSealed, extra_dejson, ...rest } = given
  const { extra = extra_dejson, port, description, ...others } = rest
  return {
    ...others,
    ...(description === null || description === undefined ? {} : { description }),
    ...(port === undefined ? {} : { port: port === '' ? null : typeof port === 'string' && /^\d+$/.test(port) ? Number(port) : port }),
    ...(extra === undefined ? {} : { extra: typeof extra === 'object' && extra !== null ? JSON.stringify(extra) : extra }),
  }
}
