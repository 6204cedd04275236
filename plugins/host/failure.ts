/** What a plugin threw, as Python is told of it. */
import { fileURLToPath } from 'node:url'

export interface Failure {
  /** `skip` and `final` are what SkipTask and FailTask ask for. */
  kind: 'skip' | 'final' | 'error'
  message: string
  /** The stack, as JavaScript shows it. */
  report: string
  /** Where in the plugin; null if it is not known. */
  file: string | null
  line: number | null
}

/** A stack of a runaway recursion, or a message with a whole answer in it. */
const REPORT_CHARS = 20_000

/** `root`: the plugin's folder or file. By name, since a plugin without the API (a native add-on) throws errors of its own with these names. */
export function failureOf(error: unknown, root: string): Failure {
  const name = error instanceof Error ? error.name : ''
  const kind = name === 'SkipTask' ? 'skip' : name === 'FailTask' ? 'final' : 'error'
  return { kind, message: messageOf(error), report: reportOf(error), ...placeOf(error, root) }
}

export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return `thrown was no Error but ${shown(error)}`.slice(0, REPORT_CHARS)
  const { name, message } = error
  const isPlain = name === 'Error' || name === 'SkipTask' || name === 'FailTask' || name === 'RequestRefused' || name === 'PluginInvalid'
  const cause = error.cause === undefined ? '' : ` (${messageOf(error.cause)})`
  return `${isPlain && message !== '' ? '' : `${name}: `}${message || 'it has no message'}${cause}`.slice(0, REPORT_CHARS)
}

function shown(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return typeof value
  }
}

function reportOf(error: unknown): string {
  if (!(error instanceof Error) || error.stack === undefined) return messageOf(error)
  // Frames of this host say nothing to the author.
  const lines = error.stack.split('\n').filter((line) => !/^\s+at .*(\/plugins\/host\/|\/pluginHost\.mjs|node:internal)/.test(line))
  return lines.join('\n').slice(0, REPORT_CHARS)
}

/** The first place in the stack that lies in the plugin; of a syntax error its head. */
export function placeOf(error: unknown, root: string): { file: string | null; line: number | null } {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  for (const [, url = '', path = '', line = ''] of stack.matchAll(
    /(file:\/\/[^\s()]+?)?((?<![\w/])\/[^\s():]+)?:(\d+)(?::\d+)?(?=[)\s]|$)/gm,
  )) {
    const file = url === '' ? path : pathOf(url)
    if (file !== '' && file.startsWith(root)) return { file, line: Number(line) }
  }
  return { file: null, line: null }
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url)
  } catch {
    return ''
  }
}
