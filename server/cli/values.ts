/** Reads values of the command line. Each throws an error that commander or the CLI turns into exit code 2. */
import { InvalidArgumentError } from 'commander'
import { readFileSync } from 'node:fs'
import { text as readAll } from 'node:stream/consumers'
import { CliError, EXIT } from './exit.ts'

/** A whole number of an option. */
export function count(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= min && value <= max)) throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
    return value
  }
}

/**
 * An instant: ISO 8601, with a zone or without one, which then means UTC as it does in Airflow; a date alone is its midnight.
 */
export function readInstant(text: string): string {
  const form = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?))?(Z|[+-]\d\d:?\d\d)?$/.exec(text.trim())
  const at = form === null ? Number.NaN : Date.parse(`${form[1]}T${form[2] ?? '00:00'}${form[3] ?? 'Z'}`)
  if (Number.isNaN(at)) throw new InvalidArgumentError('It must be a date or a date and time, such as 2026-11-23 or 2026-11-23T09:00Z.')
  return new Date(at).toISOString()
}

/** A JSON object: as text, as @file, or - for standard input. `what`: for errors. */
export async function readConf(text: string, what = 'conf'): Promise<Record<string, unknown>> {
  const source = text === '-' ? await readInput(text) : text.startsWith('@') ? readFile(text.slice(1)) : text
  let value: unknown
  try {
    value = JSON.parse(source)
  } catch (cause) {
    throw new CliError(
      EXIT.usage,
      `The ${what} is not valid JSON: ${(cause as Error).message}. Give an object such as '{"day": 1}', @file.json, or - for standard input.`,
      { cause },
    )
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new CliError(EXIT.usage, `The ${what} must be a JSON object such as '{"day": 1}'.`)
  return value as Record<string, unknown>
}

/** A JSON object of a file, or - for standard input. Errors don't repeat the text, which may hold secrets. */
export async function readJsonObject(path: string): Promise<Record<string, unknown>> {
  const text = await readInput(path)
  let value: unknown = null
  try {
    value = JSON.parse(text)
  } catch {
    // Told below, as for any other text that is no object.
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new CliError(EXIT.usage, `${path === '-' ? 'Standard input' : path} must hold a JSON object.`)
  return value as Record<string, unknown>
}

/** A file, or - for standard input, which is awaited: a read of a pipe whose writer is slow fails at once where it must not wait. */
export async function readInput(path: string): Promise<string> {
  return path === '-' ? await readAll(process.stdin) : readFile(path)
}

export function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new CliError(EXIT.usage, `${path} cannot be read: ${(cause as Error).message}.`, { cause })
  }
}

/** Collects a repeatable option. */
export function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value]
}

/** One of a closed list. */
export function choice<const T extends string>(values: readonly T[]): (text: string) => T {
  return (text) => {
    const found = values.find((value) => value === text)
    if (found === undefined) throw new InvalidArgumentError(`It must be one of ${values.join(', ')}.`)
    return found
  }
}
