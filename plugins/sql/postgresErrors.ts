/** What PostgreSQL, or the way to it, says in its codes, as a sentence that says where and how to mend it. */
import type { Connection } from '../api/index.ts'
import type { Statement } from './statements.ts'

interface Told {
  code?: string
  message: string
  detail?: string
  hint?: string
  position?: string
  severity?: string
}

const UNREACHABLE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no host of this name',
  EAI_AGAIN: 'the name of the host could not be looked up',
  EHOSTUNREACH: 'there is no way to this host',
  ENETUNREACH: 'there is no way to this network',
  ETIMEDOUT: 'it does not answer',
  ENOENT: 'there is no such socket',
}

/** `statement` is null while the session is opened. */
export function explain(error: unknown, connection: Connection, statement: Statement | null): unknown {
  if (!(error instanceof Error)) return error
  const told = error as Error & Told
  const where = `Connection ${connection.conn_id} (PostgreSQL at ${connection.host ?? 'localhost'}:${connection.port ?? 5432})`
  if (told.severity === undefined) return unreachable(told, where)
  if (statement === null) return new Error(`${where}: ${refusal(told, connection)}`)
  const extra = [told.detail, told.hint === undefined ? undefined : `Hint: ${told.hint}`, hintOf(told)].filter((one) => one !== undefined)
  const place = told.position === undefined ? '' : ` (line ${lineOf(statement.text, Number(told.position))})`
  return new Error(`SQL error ${told.code}: ${told.message}${place}${extra.length > 0 ? `. ${extra.join(' ')}` : ''}`)
}

function unreachable(error: Error & Told, where: string): Error {
  // A name with several addresses fails with the errors of all of them.
  const one: Error & Told = error instanceof AggregateError ? ((error.errors as (Error & Told)[])[0] ?? error) : error
  if (/timeout expired/i.test(error.message)) return new Error(`${where}: it does not answer. Check its host and port.`)
  if (/password must be a string/.test(error.message))
    return new Error(`${where}: the server asks for a password, and the connection has none.`)
  const said = UNREACHABLE[one.code ?? '']
  if (said !== undefined) return new Error(`${where} cannot be reached: ${said} (${one.code}). Check its host and port.`)
  return new Error(`${where}: ${one.message || String(one.code)}`, { cause: one.cause })
}

function refusal(error: Told, connection: Connection): string {
  const said = `${error.message} (${error.code})`
  if (error.code === '28P01' || error.code === '28000') return `the login was refused: ${said}. Check login and password of the connection.`
  if (error.code === '3D000') return `${said}. The connection's schema is the name of the database: ${connection.schema ?? 'it has none'}.`
  return said
}

function hintOf(error: Told): string | undefined {
  if (error.code === '25001') return 'Set autocommit: true for statements that cannot run in a transaction.'
  if (error.code === '08P01' && error.message.includes('bind message'))
    return 'parameters must have as many values as the statement has $1, $2, ...'
  return undefined
}

function lineOf(text: string, position: number): number {
  return text.slice(0, position - 1).split('\n').length
}
