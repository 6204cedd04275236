/**
 * Validation and serialisation from the contract's schemas. Both are compiled at a route's first use: compiling all of
 * them takes longer than the rest of the server's start.
 *
 * - Bodies are taken as they are: unknown fields and wrong types are refused. Only path and query, which are text by
 *   nature, are converted.
 * - The serialiser is an allow-list: a field that the schema does not name never leaves the server.
 */
import { createRequire } from 'node:module'
import type { Ajv, ValidateFunction } from 'ajv'
import type { FastifyInstance } from 'fastify'

const require = createRequire(import.meta.url)

function createAjv(coerceTypes: boolean): Ajv {
  const { Ajv: Compiler } = require('ajv') as typeof import('ajv')
  const { default: addFormats } = require('ajv-formats') as typeof import('ajv-formats')
  const ajv = new Compiler({ coerceTypes, useDefaults: true, removeAdditional: false, allErrors: false, strict: false })
  addFormats.default(ajv, ['date-time'])
  return ajv
}

type Serialise = (value: unknown) => string
type JsonSchema = { [name: string]: unknown; anyOf?: JsonSchema[]; type?: string }

/** `X or null` as X with `nullable`, which the serialiser writes without validating the value against both. */
function forSerialiser(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(forSerialiser)
  if (typeof schema !== 'object' || schema === null) return schema
  const { anyOf, ...rest } = schema as JsonSchema
  const others = anyOf?.filter((option) => option.type !== 'null')
  const [only] = others ?? []
  if (anyOf && others?.length === 1 && only && others.length < anyOf.length) return forSerialiser({ ...only, nullable: true })
  return Object.fromEntries(Object.entries(anyOf ? { ...rest, anyOf } : rest).map(([name, value]) => [name, forSerialiser(value)]))
}

export function useContractSchemas(app: FastifyInstance): void {
  let forText: Ajv | null = null
  let forBodies: Ajv | null = null
  app.setValidatorCompiler<object>(({ schema, httpPart }) => {
    let compiled: ValidateFunction | null = null
    const validate = (data: unknown): boolean => {
      compiled ??= httpPart === 'body' ? (forBodies ??= createAjv(false)).compile(schema) : (forText ??= createAjv(true)).compile(schema)
      const valid = compiled(data)
      Object.assign(validate, { errors: compiled.errors })
      return valid
    }
    return validate as ValidateFunction
  })

  const serialisers = new WeakMap<object, Serialise>()
  app.setSerializerCompiler<object>(({ schema }) => (value) => {
    let serialise = serialisers.get(schema)
    if (serialise === undefined) {
      const fastJson = require('fast-json-stringify') as typeof import('fast-json-stringify')
      serialise = (fastJson as unknown as (schema: unknown) => Serialise)(forSerialiser(schema))
      serialisers.set(schema, serialise)
    }
    return serialise(value)
  })
}
