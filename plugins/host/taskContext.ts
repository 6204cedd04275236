/** What a plugin's functions get as `context`. */
import type { Connection, Log, NotifierContext, XComAddress } from '../api/index.ts'
import type { Channel, Message } from './channel.ts'

/** The fields that Python sends: identity, dates, params. */
export function taskContext(p: { fields: Message; name: string; channel: Channel; signal: AbortSignal }): NotifierContext {
  const { channel } = p
  return {
    ...(p.fields as unknown as NotifierContext),
    log: logger(p.name),
    signal: p.signal,
    connection: async (conn_id) => (await channel.request('connection', { conn_id })) as Connection,
    variable: async (key) => (await channel.request('variable', { key })) as string | null,
    xcom: {
      pull: (of: XComAddress) => channel.request('xcom_pull', { ...of }),
      push: async (key, value) => void (await channel.request('xcom_push', { key, value: jsonOf(value, `the XCom ${key}`) })),
    },
    mask: async (value) => void (await channel.request('mask', { value: jsonOf(value, 'what is to be masked') })),
  }
}

/** The value as JSON has it; undefined is null. Throws a TypeError that names what it is. */
export function jsonOf(value: unknown, what: string): unknown {
  if (value === undefined || value === null) return null
  try {
    const text = JSON.stringify(value) as string | undefined
    if (text !== undefined) return JSON.parse(text) as unknown
  } catch (cause) {
    throw new TypeError(`${what} is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
  throw new TypeError(`${what} is no JSON but a ${typeof value}`)
}

/** Lines as those of Python's operators. */
function logger(name: string): Log {
  const write = (level: string, message: string): void => {
    const now = new Date()
    const two = (value: number): string => String(value).padStart(2, '0')
    const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`
    const time = `${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())},${String(now.getMilliseconds()).padStart(3, '0')}`
    process.stdout.write(`[${day} ${time}] ${level} ${name} - ${message}\n`)
  }
  return {
    debug: (message) => write('DEBUG', message),
    info: (message) => write('INFO', message),
    warning: (message) => write('WARNING', message),
    error: (message) => write('ERROR', message),
  }
}
