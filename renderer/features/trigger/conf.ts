/** Between the fields of the trigger form and the conf: defaults, reading what was typed, problems. Pure. */
import type { DagDetail } from '#contract/dag.ts'
import { strings } from '../../strings.ts'
import { fromField, toField, type Field, type FieldValue } from './paramForm.ts'

const text = strings.trigger
export type Conf = Record<string, unknown>
export type Values = Record<string, FieldValue>

export function defaultsOf(dag: Pick<DagDetail, 'params'>): Conf {
  return Object.fromEntries(
    Object.entries(dag.params).flatMap(([name, { value, has_default }]) => (has_default ? [[name, value] as const] : [])),
  )
}

export function valuesOf(fields: readonly Field[], conf: Conf): Values {
  return Object.fromEntries(fields.map((field) => [field.name, toField(field, conf[field.name])]))
}

/** What a conf holds that no field shows: it is kept, and sent. */
export function beyond(fields: readonly Field[], conf: Conf): Conf {
  const known = new Set(fields.map(({ name }) => name))
  return Object.fromEntries(Object.entries(conf).filter(([name]) => !known.has(name)))
}

const PROBLEMS = { required: text.required, number: text.number, wholeNumber: text.wholeNumber, json: text.notJson }

/** The conf that the fields make, and the problems of those that make none. */
export function confOf(fields: readonly Field[], values: Values): { conf: Conf; problems: Record<string, string> } {
  const conf: Conf = {}
  const problems: Record<string, string> = {}
  for (const field of fields) {
    const result = fromField(field, values[field.name] ?? '')
    if ('problem' in result) problems[field.name] = PROBLEMS[result.problem]
    else conf[field.name] = result.value
  }
  return { conf, problems }
}

export function parseConf(json: string): { conf: Conf | null; problem: string | null } {
  if (json.trim() === '') return { conf: {}, problem: null }
  try {
    const value = JSON.parse(json) as unknown
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return { conf: null, problem: text.notObject }
    return { conf: value as Conf, problem: null }
  } catch (error) {
    return { conf: null, problem: text.badJson(jsonProblem(json, error instanceof Error ? error.message : String(error))) }
  }
}

/** Engines name the place as an offset, or not at all; people count lines. */
function jsonProblem(json: string, message: string): string {
  if (/line \d+/.test(message)) return message
  const at = /position (\d+)/.exec(message)
  if (at === null) return message
  const before = json.slice(0, Number(at[1])).split('\n')
  return `${message.replace(/ (in JSON )?at position.*/, '')} ${text.at(before.length, (before.at(-1)?.length ?? 0) + 1)}`
}

/** Problems of several params as one sentence, or null. */
export function listOf(problems: Record<string, string>): string | null {
  const list = Object.entries(problems).map(([name, problem]) => `${name} ${problem}`)
  return list.length === 0 ? null : text.params(list.join('; '))
}

/** What the server said about each param: `/conf/rows/0` is about `rows`. */
export function serverProblems(details: unknown): Record<string, string> {
  const { errors } = (details ?? {}) as { errors?: unknown }
  const problems: Record<string, string> = {}
  for (const each of Array.isArray(errors) ? (errors as { pointer?: unknown; message?: unknown }[]) : []) {
    if (typeof each.pointer !== 'string' || typeof each.message !== 'string') continue
    const [, , name = '', ...rest] = each.pointer.split('/')
    const param = name.replaceAll('~1', '/').replaceAll('~0', '~')
    problems[param] ??= rest.length === 0 ? each.message : `${rest.join('/')} ${each.message}`
  }
  return problems
}
