/** The conf of a run from the command line: --conf as a whole, and --param for single values, which win. */
import type { DagDetail } from '#contract/dag.ts'
import { CliError, EXIT } from './exit.ts'
import { readConf } from './values.ts'

export interface ConfOptions {
  conf?: string
  param?: string[]
}

interface GivenConf {
  conf: Record<string, unknown>
  given: [string, string][]
}

/** Checked before a server is asked: a typing mistake should not cost a start. */
export async function readConfOptions(options: ConfOptions): Promise<GivenConf> {
  const given = (options.param ?? []).map((text): [string, string] => {
    const at = text.indexOf('=')
    if (at < 1) throw new CliError(EXIT.usage, `--param ${text} has no name or no value. It looks like --param day=2026-11-23.`)
    return [text.slice(0, at), text.slice(at + 1)]
  })
  return { conf: options.conf === undefined ? {} : await readConf(options.conf), given }
}

/** A value is read as JSON unless the param wants a text: `--param n=3` is a number, `--param code=007` the text if `code` is one. */
export function confOf(read: GivenConf, params: DagDetail['params']): Record<string, unknown> {
  const values = read.given.map(([name, text]): [string, unknown] => [name, isText(params[name]) ? text : parsed(text)])
  return { ...read.conf, ...Object.fromEntries(values) }
}

function isText(param: DagDetail['params'][string] | undefined): boolean {
  if (param === undefined) return false
  const type = param.schema['type']
  if (type === undefined) return typeof param.value === 'string'
  // `null` beside a text cannot be meant by the word null alone without taking it from the texts.
  return type === 'string' || (Array.isArray(type) && type.includes('string'))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
