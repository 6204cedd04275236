/** Building blocks of the contract's schemas. */
import { Type, type TSchema, type TSchemaOptions } from 'typebox'

/** A string that is one of a closed list. */
export function Enum<const T extends readonly string[]>(values: T, options: TSchemaOptions = {}) {
  return Type.Unsafe<T[number]>({ type: 'string', enum: [...values], ...options })
}
/** A value that is always present and may be null. */
export function Nullable<T extends TSchema>(schema: T, options: TSchemaOptions = {}) {
  return Type.Union([schema, Type.Null()], options)
}
/** An object that refuses unknown fields. */
export function Strict<T extends Record<string, TSchema>>(properties: T, options: TSchemaOptions = {}) {
  return Type.Object(properties, { additionalProperties: false, ...options })
}
/** ISO 8601 instant in UTC with milliseconds, such as 2026-11-23T09:00:00.000Z. */
export const Instant = Type.String({ format: 'date-time', description: 'ISO 8601 instant in UTC' })
/** Any JSON value. */
export const Json = Type.Unknown({ description: 'any JSON value' })
/** Identifier of a DAG or task: letters of any script, digits, `_`, `-` and `.`, at most 250 characters (Airflow's rule). */
export const Key = Type.String({ pattern: '^[\\p{L}\\p{N}_.~:+-]{1,250}$', minLength: 1, maxLength: 250 })
/** Name of a pool, variable or secret. */
export const Name = Type.String({ minLength: 1, maxLength: 250 })

/** A page of a list. `next_cursor` continues a list that pages by key; null on the last page. */
export function Page<T extends TSchema>(item: T) {
  return Strict({
    data: Type.Array(item),
    total: Type.Integer({ description: 'number of items that match, over all pages' }),
    limit: Type.Integer(),
    offset: Type.Integer(),
    next_cursor: Nullable(Type.String()),
  })
}
/** Query of every list. */
export const pageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 50 })),
  offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 })),
  cursor: Type.Optional(Type.String({ maxLength: 200, description: 'next_cursor of the page before' })),
}
