/**
 * Whether a conf fits the params' JSON Schemas, in the page: a wrong value is told at its field, before anything is sent. The server
 * checks again and has the last word, so what cannot be judged here passes. Made for pages whose content policy forbids eval.
 */
import { Errors } from 'typebox/schema'
import type { DagDetail } from '#contract/dag.ts'
import { strings } from '../../strings.ts'
import { quickSchema } from './quickPatterns.ts'

type Params = DagDetail['params']

/** Name of a param -> what is wrong with its value: the conf's, else the default. */
export function confProblems(params: Params, conf: Record<string, unknown>): Record<string, string> {
  const problems: Record<string, string> = {}
  for (const [name, { schema, value, has_default }] of Object.entries(params)) {
    if (!Object.hasOwn(conf, name) && !has_default) problems[name] = strings.trigger.required
    else {
      const problem = problemOf(schema, Object.hasOwn(conf, name) ? conf[name] : value)
      if (problem !== null) problems[name] = problem
    }
  }
  return problems
}

export function problemOf(schema: Record<string, unknown>, value: unknown): string | null {
  try {
    const [isRight, errors] = Errors(quickSchema(schema, value), value)
    const [first] = errors
    if (isRight || first === undefined) return null
    const where = first.instancePath === '' ? '' : `${first.instancePath.slice(1)} `
    const { allowedValues } = first.params as { allowedValues?: unknown }
    if (Array.isArray(allowedValues)) return `${where}must be one of ${allowedValues.map((each) => JSON.stringify(each)).join(', ')}`
    // Of "null or a number" the number is what people meant to give.
    const message =
      errors.find(({ keyword, message: text }) => keyword === first.keyword && text !== 'must be null')?.message ?? first.message
    return `${where}${message}`
  } catch {
    // A schema of another dialect, or a pattern that this browser does not know.
    return null
  }
}
