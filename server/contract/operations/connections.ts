/** Operations on connections. */
import { Type } from 'typebox'
import {
  Connection,
  ConnectionBody,
  ConnectionId,
  ConnectionImportBody,
  ConnectionImported,
  ConnectionSummary,
  NewConnectionBody,
} from '../connection.ts'
import { Page, Strict, pageQuery } from '../schema.ts'
import { Message, type Operation } from './operation.ts'

const params = Strict({ conn_id: ConnectionId })

export const connectionsOperations = {
  listConnections: {
    method: 'GET',
    path: '/api/connections',
    role: 'Operator',
    tag: 'connections',
    summary: 'Ids and types of the connections, ordered by id.',
    query: Strict({ ...pageQuery, search: Type.Optional(Type.String({ maxLength: 200 })) }),
    ok: Page(ConnectionSummary),
  },
  createConnection: {
    method: 'POST',
    path: '/api/connections',
    role: 'Admin',
    tag: 'connections',
    summary: 'Makes a connection.',
    body: NewConnectionBody,
    ok: Connection,
  },
  importConnections: {
    method: 'POST',
    path: '/api/connections/import',
    role: 'Admin',
    tag: 'connections',
    summary: 'Sets many connections at once, at most 1,000.',
    body: ConnectionImportBody,
    ok: ConnectionImported,
  },
  getConnection: {
    method: 'GET',
    path: '/api/connections/:conn_id',
    role: 'Admin',
    tag: 'connections',
    summary: 'One connection, without its password and without sensitive values of its extra.',
    params,
    ok: Connection,
  },
  updateConnection: {
    method: 'PUT',
    path: '/api/connections/:conn_id',
    role: 'Admin',
    tag: 'connections',
    summary: 'Changes a connection; password and extra stay unless they are given.',
    params,
    body: ConnectionBody,
    ok: Connection,
  },
  deleteConnection: {
    method: 'DELETE',
    path: '/api/connections/:conn_id',
    role: 'Admin',
    tag: 'connections',
    summary: 'Deletes a connection.',
    params,
    ok: Message,
  },
} as const satisfies Record<string, Operation>
