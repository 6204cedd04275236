/** The TypeScript type of what a JSON Schema lets through, so that a config is described once. */

/** A JSON Schema, written in place or made with `typebox`. */
export interface JsonSchema {
  readonly [keyword: string]: unknown
}

/** Covers type, properties, required, default, items, additionalProperties, enum, const, anyOf and oneOf; anything else is unknown. */
export type ConfigOf<Schema> = Schema extends { '~unsafe': infer Given }
  ? Given
  : Schema extends { const: infer Value }
    ? Value
    : Schema extends { enum: readonly (infer Value)[] }
      ? Value
      : Schema extends { anyOf: readonly (infer Choice)[] } | { oneOf: readonly (infer Choice)[] }
        ? OneOf<Choice>
        : Schema extends { type: infer Name }
          ? Name extends readonly (infer One)[]
            ? OneType<Schema, One>
            : OneType<Schema, Name>
          : unknown

type OneOf<Choice> = Choice extends unknown ? ConfigOf<Choice> : never

type OneType<Schema, Name> = Name extends 'string'
  ? string
  : Name extends 'number' | 'integer'
    ? number
    : Name extends 'boolean'
      ? boolean
      : Name extends 'null'
        ? null
        : Name extends 'array'
          ? Schema extends { items: infer Item }
            ? ConfigOf<Item>[]
            : unknown[]
          : Name extends 'object'
            ? ObjectOf<Schema>
            : unknown

type ObjectOf<Schema> = Schema extends { properties: infer Properties }
  ? Flat<
      { -readonly [Key in keyof Properties as Key extends Sure<Schema, Properties> ? Key : never]: ConfigOf<Properties[Key]> } & {
        -readonly [Key in keyof Properties as Key extends Sure<Schema, Properties> ? never : Key]?: ConfigOf<Properties[Key]>
      }
    >
  : Schema extends { additionalProperties: infer Value extends JsonSchema }
    ? Record<string, ConfigOf<Value>>
    : Record<string, unknown>

/** Properties that are always there: required ones, and those with a default. */
type Sure<Schema, Properties> =
  | (Schema extends { required: readonly (infer Name)[] } ? Name : never)
  | { [Key in keyof Properties]: Properties[Key] extends { default: unknown } ? Key : never }[keyof Properties]

type Flat<Type> = { [Key in keyof Type]: Type[Key] }
