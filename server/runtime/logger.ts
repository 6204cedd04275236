/** The log of the server: JSON lines on stderr, or readable lines when a person looks at a terminal. */
import { pino, type DestinationStream, type Logger } from 'pino'

export type { Logger }

/** Fields that never reach a log, at the top of an entry or one level below. */
const NEVER_LOGGED = ['authorization', 'cookie', 'password', 'old_password', 'new_password', 'value', 'token', 'api_key', 'secret', 'kek']
const LEVELS: Record<number, string> = { 20: 'debug', 30: 'info ', 40: 'WARN ', 50: 'ERROR', 60: 'FATAL' }
const COLOURS: Record<number, string> = { 20: '\u001b[2m', 40: '\u001b[33m', 50: '\u001b[31m', 60: '\u001b[31m' }

export interface LoggerOptions {
  level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** Default: stderr. */
  stream?: DestinationStream
  /** Default: stderr is a terminal. */
  readable?: boolean
}

export function createLogger(options: LoggerOptions): Logger {
  const readable = options.readable ?? (options.stream === undefined && process.stderr.isTTY === true)
  const stream = options.stream ?? pino.destination({ fd: 2, sync: true })
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      redact: { paths: NEVER_LOGGED.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[redacted]' },
    },
    readable ? { write: (line) => stream.write(readableLine(line)) } : stream,
  )
}

/** `10:15:52.101 WARN  swarm: worker lost {"worker_id":"w1"}`, with the stack of an error below it. */
export function readableLine(line: string): string {
  const { level, time, msg, err, ...rest } = JSON.parse(line) as {
    level: number
    time: string
    msg?: string
    err?: { stack?: string; message?: string }
  }
  const fields = Object.keys(rest).length > 0 ? ` \u001b[2m${JSON.stringify(rest)}\u001b[0m` : ''
  const stack = err ? `\n${visible(err.stack ?? err.message ?? '')}` : ''
  return `${COLOURS[level] ?? ''}${time.slice(11, 23)} ${LEVELS[level] ?? level} ${visible(msg ?? '')}\u001b[0m${fields}${stack}\n`
}

/** Control characters would let a logged name move the cursor or forge a line. */
function visible(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
