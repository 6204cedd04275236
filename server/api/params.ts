/**
 * Checks a conf against the DAG's params (Airflow core-concepts/params): each param's value is the conf's, else its
 * default, and must fit its JSON Schema. Keys of the conf that are no params are allowed.
 *
 * The schemas are written by authors. Their regular expressions run with a time limit in a context of their own, so that
 * a runaway pattern costs 50 ms and an error, not the controller.
 */
import { runInNewContext } from 'node:vm'
import type { Ajv2020, ValidateFunction } from 'ajv/dist/2020.js'
import { VortexError } from '#contract/errors.ts'
import type { DagVersionRecord } from '#db/records.ts'
import { CONF_DEPTH_MAX, PARAM_SCHEMAS_CACHED, PATTERN_MS } from '#runtime/limits.ts'
import { Lru } from './lru.ts'

/** Throws invalid_params with a JSON pointer for each problem. */
export type ParamsCheck = (version: DagVersionRecord, conf: Record<string, unknown>) => Promise<void>

interface Problem {
  pointer: string
  message: string
}
type Check = (conf: Record<string, unknown>) => Problem[]

export function createParamsCheck(): ParamsCheck {
  const checks = new Lru<number, Check>(PARAM_SCHEMAS_CACHED)
  return async (version, conf) => {
    if (isDeeperThan(conf, CONF_DEPTH_MAX))
      throw new VortexError('invalid_params', `The conf is nested more than ${CONF_DEPTH_MAX} levels deep.`)
    let check = checks.get(version.id)
    if (check === undefined) {
      check = await compile(version.spec.params)
      checks.set(version.id, check)
    }
    const problems = check(conf)
    const [first] = problems
    if (first)
      throw new VortexError(
        'invalid_params',
        `The conf does not fit the params of DAG "${version.dag_id}": ${first.pointer} ${first.message}.`,
        { errors: problems },
      )
  }
}

async function compile(params: DagVersionRecord['spec']['params']): Promise<Check> {
  const entries = await Promise.all(
    Object.entries(params).map(async ([name, param]) => ({
      name,
      param,
      validate: Object.keys(param.schema).length === 0 ? null : await compileSchema(name, param.schema),
    })),
  )
  return (conf) =>
    entries.flatMap(({ name, param, validate }) => {
      const pointer = `/conf/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
      if (!Object.hasOwn(conf, name) && !param.has_default) return [{ pointer, message: 'is required' }]
      if (validate === null) return []
      const value = Object.hasOwn(conf, name) ? conf[name] : param.value
      try {
        if (validate(value)) return []
      } catch {
        return [{ pointer, message: `could not be checked: a pattern of its schema takes longer than ${PATTERN_MS} ms` }]
      }
      return (validate.errors ?? []).slice(0, 10).map((error) => ({ pointer: pointer + error.instancePath, message: describe(error) }))
    })
}

function describe(error: { message?: string | undefined; params: Record<string, unknown> }): string {
  const allowed = error.params['allowedValues']
  return Array.isArray(allowed)
    ? `must be one of ${allowed.map((value) => JSON.stringify(value)).join(', ')}`
    : (error.message ?? 'is not valid')
}

/** A pattern with a time limit. */
interface TimedPattern {
  test(text: string): boolean
  toString(): string
}

let ajv: Promise<Ajv2020> | null = null
/** Loaded at the first trigger of a DAG with param schemas: it costs 40 ms, which a server's start need not pay. */
async function createCompiler(): Promise<Ajv2020> {
  const [{ default: ajv }, { default: addFormats }] = await Promise.all([import('ajv/dist/2020.js'), import('ajv-formats')])
  const regExp = (pattern: string, flags: string): TimedPattern => {
    const compiled = new RegExp(pattern, flags)
    return {
      test: (text) => runInNewContext('pattern.test(text)', { pattern: compiled, text }, { timeout: PATTERN_MS }) as boolean,
      // Ajv tells patterns apart by their text.
      toString: () => String(compiled),
    }
  }
  const made = new ajv.Ajv2020({
    strict: false,
    allErrors: true,
    addUsedSchema: false,
    logger: false,
    code: { regExp: Object.assign(regExp, { code: 'timed' }) as never },
  })
  return addFormats.default(made)
}

async function compileSchema(name: string, schema: Record<string, unknown>): Promise<ValidateFunction> {
  const compiler = await (ajv ??= createCompiler())
  try {
    // `$schema` and `$id` of authors would register globally or ask for other drafts.
    const { $schema: _dialect, $id: _id, ...rest } = schema
    return compiler.compile(rest)
  } catch (cause) {
    throw new VortexError(
      'invalid_params',
      `The JSON Schema of param "${name}" cannot be used: ${cause instanceof Error ? cause.message : String(cause)}. Mend it in the DAG file.`,
      null,
      { cause },
    )
  }
}

/** Without recursion: the value may be as deep as a request body allows. */
function isDeeperThan(value: unknown, depth: number): boolean {
  let level: unknown[] = [value]
  for (let at = 0; at <= depth; at += 1) {
    level = level.flatMap((item): unknown[] => (typeof item === 'object' && item !== null ? Object.values(item) : []))
    if (level.length === 0) return false
  }
  return true
}
