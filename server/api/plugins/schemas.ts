/**
 * Validation and serialisation from the contract's schemas. Both are compiled at a route's first use: compiling all of
 * them takes longer than the rest of the server's start.
 *
 * - Bodies are taken as they are: unknown fields and wrong types are refused. Only path and query, which are text by
 *   nature, are converted.
 * - The serialiser is an allow-list: a field that the schema does not name never leaves the server.
 */
import type { Ajv, ValidateFunction } from 'ajv'
import type { FastifyInstance, FastifyServerOptions } from 'fastify'

/** The two libraries, loaded with the first request: a server's start need not wait for them. */
interface Libraries {
  forText: Ajv
  forBodies: Ajv
  fastJson: (schema: unknown) => Serialise
}
/** Only `default` is there both in Node's view of a CommonJS package and in a bundle's. */
async function loadLibraries(): Promise<Libraries> {
  const [{ default: ajv }, { default: addFormats }, { default: fastJson }] = await Promise.all([
    import('ajv'),
    import('ajv-formats'),
    import('fast-json-stringify'),
  ])
  const create = (coerceTypes: boolean): Ajv =>
    addFormats.default(new ajv.Ajv({ coerceTypes, useDefaults: true, removeAdditional: false, allErrors: false, strict: false }), [
      'date-time',
    ])
  return { forText: create(true), forBodies: create(false), fastJson: fastJson as unknown as Libraries['fastJson'] }
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

type SchemaController = NonNullable<FastifyServerOptions['schemaController']>
/** Fastify types these two after its own packages, with options that only they have. */
type Compilers = Required<NonNullable<SchemaController['compilersFactory']>>
interface RouteSchema {
  schema: object
  httpPart?: string
}

/** Given to Fastify as its compilers, so that it does not load its own: that would double the time it takes to start. */
export function contractSchemas(): { controller: SchemaController; use(app: FastifyInstance): void } {
  let libraries: Libraries | null = null
  let loading: Promise<Libraries> | null = null
  const serialisers = new WeakMap<object, Serialise>()

  const loaded = (): Libraries => {
    if (libraries === null) throw new Error('a schema was used before preValidation')
    return libraries
  }
  const validatorFor = (schema: object, part: string): ValidateFunction => {
    let compiled: ValidateFunction | null = null
    const validate = (data: unknown): boolean => {
      compiled ??= (part === 'body' ? loaded().forBodies : loaded().forText).compile(schema)
      const valid = compiled(data)
      Object.assign(validate, { errors: compiled.errors })
      return valid
    }
    return validate as ValidateFunction
  }
  const serialise = (schema: object, value: unknown): string => {
    let compiled = serialisers.get(schema)
    if (compiled === undefined) serialisers.set(schema, (compiled = loaded().fastJson(forSerialiser(schema))))
    return compiled(value)
  }
  const controller: SchemaController = {
    compilersFactory: {
      buildValidator: (() => (route: RouteSchema) =>
        validatorFor(route.schema, route.httpPart ?? '')) as unknown as Compilers['buildValidator'],
      buildSerializer: (() => (route: RouteSchema) => (value: unknown) =>
        serialise(route.schema, value)) as unknown as Compilers['buildSerializer'],
    },
  }
  return {
    controller,
    use: (app) =>
      void app.addHook('preValidation', async () => {
        if (libraries === null) libraries = await (loading ??= loadLibraries())
      }),
  }
}
