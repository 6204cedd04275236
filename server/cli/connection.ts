/**
 * The way to a server: its address, the key that opens it, and the typed client.
 *
 * Keys come from VORTEX_API_KEY, from the file of --api-key-file or VORTEX_API_KEY_FILE, or, for a server on this machine
 * only, from the file `cli.key` that it keeps in its data folder. A key is never taken from the command line. The address comes from
 * --server, from VORTEX_SERVER_URL, or from the server that runs on the data folder and has written there where it answers.
 */
import { readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { createClient, type Client, type FetchLike } from '#contract/client.ts'
import { ADDRESS_FILE, type ServerAddress } from '#contract/supervision.ts'
import { CliError, EXIT } from './exit.ts'

export const DEFAULT_SERVER = 'http://127.0.0.1:3000'
/** No operation of the API takes longer; an answer that late helps nobody. */
const REQUEST_TIMEOUT_MS = 60_000
/** A key is one short line; a larger file is something else. */
const KEY_FILE_BYTES_MAX = 4_096

export interface ConnectionOptions {
  server?: string | undefined
  apiKeyFile?: string | undefined
  warn: (text: string) => void
  env?: Record<string, string | undefined>
}

export interface Connection {
  url: string
  client: Client
  headers: Record<string, string>
  /** Opens the live-event stream or another answer that is read piece by piece. */
  open(path: string, init: { headers?: Record<string, string>; signal: AbortSignal }): Promise<Response>
}

export function connect({ server, apiKeyFile, warn, env = process.env }: ConnectionOptions): Connection {
  const url = readUrl(server ?? serverUrl(env))
  const isLocal = isLoopbackHost(new URL(url).hostname)
  const key = findKey({ apiKeyFile, env, isLocal, warn })
  if (key !== null && !isLocal && url.startsWith('http:')) warn(`The API key travels to ${url} without encryption. Use https.`)
  return connectionTo(url, key)
}

/** A connection with a known key; `vortex run` uses it for its own server. */
export function connectionTo(url: string, key: string | null): Connection {
  const headers: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` }
  const send: FetchLike = async (target, init) => {
    try {
      return await fetch(target, { ...init, redirect: 'error', signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) })
    } catch (cause) {
      throw unreachable(url, cause)
    }
  }
  return {
    url,
    headers,
    client: createClient({ base: url, fetch: send, headers: () => headers }),
    async open(path, init) {
      try {
        return await fetch(url + path, { headers: { ...headers, ...init.headers }, redirect: 'error', signal: init.signal })
      } catch (cause) {
        throw unreachable(url, cause)
      }
    },
  }
}

/** Where to look for a server when no option says so. */
export function serverUrl(env: Record<string, string | undefined> = process.env): string {
  return env['VORTEX_SERVER_URL'] || localServer(dataFolder(env)) || DEFAULT_SERVER
}

/** One that was killed has left its address behind: whoever calls there is told so. */
function localServer(folder: string): string | null {
  try {
    const { url } = JSON.parse(readFileSync(join(folder, ADDRESS_FILE), 'utf8')) as ServerAddress
    // The key in the folder is for this machine only.
    return isLoopbackHost(new URL(url).hostname) ? url : null
  } catch {
    return null
  }
}

function readUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new CliError(EXIT.usage, `"${text}" is not a server address. It looks like http://host:3000 (--server or VORTEX_SERVER_URL).`)
  }
  if (url.username !== '' || url.password !== '')
    throw new CliError(EXIT.usage, 'Put no user or password into the server address; set VORTEX_API_KEY instead.')
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

export function dataFolder(env: Record<string, string | undefined> = process.env): string {
  const given = env['VORTEX_HOME'] || join(homedir(), '.vortex')
  return resolve(given.replace(/^~(?=\/|$)/, homedir()))
}

interface KeySearch {
  apiKeyFile: string | undefined
  env: Record<string, string | undefined>
  isLocal: boolean
  warn: (text: string) => void
}

function findKey({ apiKeyFile, env, isLocal, warn }: KeySearch): string | null {
  if (apiKeyFile !== undefined) return readKey(apiKeyFile, warn)
  if (env['VORTEX_API_KEY']) return checkKey(env['VORTEX_API_KEY'].trim(), 'VORTEX_API_KEY')
  if (env['VORTEX_API_KEY_FILE']) return readKey(env['VORTEX_API_KEY_FILE'], warn)
  if (!isLocal) return null
  const local = join(dataFolder(env), 'cli.key')
  try {
    return readKey(local, warn)
  } catch {
    // No server of this user has run here, or it belongs to somebody else: the server will ask for a key then.
    return null
  }
}

function readKey(path: string, warn: (text: string) => void): string {
  try {
    const { size, mode } = statSync(path)
    if (size > KEY_FILE_BYTES_MAX) throw new CliError(EXIT.usage, `${path} is too large for an API key (${size} bytes).`)
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) warn(`Others can read the API key in ${path}. Run: chmod 600 ${path}`)
    return checkKey(readFileSync(path, 'utf8').trim(), path)
  } catch (cause) {
    if (cause instanceof CliError) throw cause
    throw new CliError(EXIT.usage, `The API key file ${path} cannot be read: ${(cause as Error).message}.`, { cause })
  }
}

function checkKey(key: string, from: string): string {
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new CliError(EXIT.usage, `${from} does not hold an API key: it is empty or has spaces or line breaks in it.`)
  return key
}

function unreachable(url: string, cause: unknown): CliError {
  if (url.startsWith('https:') && /certificate|altnames/i.test(reasonOf(cause)))
    return new CliError(
      EXIT.unreachable,
      `The certificate of ${url} is not trusted (${reasonOf(cause).split(';')[0]}). Set NODE_EXTRA_CA_CERTS to the file of the authority that signed it.`,
      { cause },
    )
  if (reasonOf(cause) === 'bad port')
    return new CliError(
      EXIT.unreachable,
      `No VORTEX server answers at ${url}: port ${new URL(url).port} belongs to another protocol, so it is not asked. Give the server's own address with --server or VORTEX_SERVER_URL.`,
      { cause },
    )
  return new CliError(EXIT.unreachable, `No VORTEX server answers at ${url} (${reasonOf(cause)}). ${startAdvice(url)}`, { cause })
}

/** What to start, or where to look, when no server answers. */
export function startAdvice(url: string): string {
  const { hostname, port, protocol } = new URL(url)
  if (!isLoopbackHost(hostname)) return `Start "vortex server" on ${hostname}, or give another address with --server or VORTEX_SERVER_URL.`
  const usual = new URL(DEFAULT_SERVER).port
  const given = port === '' ? (protocol === 'https:' ? '443' : '80') : port
  const start = given === usual ? 'vortex server' : `vortex server --port ${given}`
  return `Start it with "${start}", or give the address of another one with --server or VORTEX_SERVER_URL.`
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `no answer within ${REQUEST_TIMEOUT_MS / 1_000} s`
  const inner: unknown = error.cause instanceof AggregateError ? error.cause.errors[0] : error.cause
  const code: unknown = inner instanceof Error && 'code' in inner ? inner.code : undefined
  if (code === 'ECONNREFUSED') return 'connection refused'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'there is no such host'
  return inner instanceof Error ? inner.message : error.message
}
