/** A question of a running task, and how its parameters are read. */
import { VortexError } from '#contract/errors.ts'
import type { AttemptRef } from '#scheduler/ports.ts'
import type { AttemptContext } from './heldAttempts.ts'

export interface TaskRequest {
  id: number
  ref: AttemptRef
  context: AttemptContext
  params: Record<string, unknown>
}
type Params = TaskRequest['params']

/** What a task is told with a code of this language alone. */
export class TaskRefusal extends Error {
  readonly code: 'run_exists'
  constructor(code: TaskRefusal['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** Nothing was changed, and what hindered it passes by itself: the question is kept and tried again. */
export class PassingTrouble extends Error {}

/** Items of a list in a question. */
export const LIST_ITEMS_MAX = 10_000

export function text(params: Params, name: string): string {
  const value = params[name]
  if (typeof value !== 'string' || value === '') throw new VortexError('invalid_request', `${name} must be a text that is not empty.`)
  return value
}

export function optionalText(params: Params, name: string): string | null {
  const value = params[name]
  if (value === undefined || value === null || value === '') return null
  if (typeof value !== 'string') throw new VortexError('invalid_request', `${name} must be a text.`)
  return value
}

export function instant(params: Params, name: string): number | null {
  const value = optionalText(params, name)
  return value === null ? null : instantOf(value, name)
}

export function instantOf(value: string, name: string): number {
  const at = Date.parse(value)
  if (Number.isNaN(at))
    throw new VortexError('invalid_request', `${name} must be an ISO 8601 date with offset, not ${JSON.stringify(value)}.`)
  return at
}

export function texts(params: Params, name: string): string[] {
  return list(params, name, 'string') as string[]
}

export function numbers(params: Params, name: string): number[] {
  return list(params, name, 'number') as number[]
}

function list(params: Params, name: string, of: 'string' | 'number'): unknown[] {
  const value = params[name] ?? []
  if (!Array.isArray(value) || value.length > LIST_ITEMS_MAX || value.some((item) => typeof item !== of))
    throw new VortexError('invalid_request', `${name} must be a list of ${of}s, at most ${LIST_ITEMS_MAX}.`)
  return value
}
