/** Completion of YAML by a JSON Schema: keys with their descriptions, and values of closed lists. */
import type { Completion, CompletionContext, CompletionResult, CompletionSource } from '@codemirror/autocomplete'
import { yamlPlace } from './yamlPath.ts'

/** The parts of JSON Schema that say what may stand where. */
export interface YamlSchema {
  $ref?: string
  $defs?: Record<string, YamlSchema>
  properties?: Record<string, YamlSchema>
  additionalProperties?: boolean | YamlSchema
  patternProperties?: Record<string, YamlSchema>
  items?: YamlSchema
  anyOf?: YamlSchema[]
  oneOf?: YamlSchema[]
  allOf?: YamlSchema[]
  enum?: unknown[]
  const?: unknown
  type?: string | string[]
  description?: string
  required?: string[]
}

/** A reference that leads to itself ends here. */
const DEPTH_MAX = 20

export function yamlCompletion(root: YamlSchema): CompletionSource {
  return (context: CompletionContext): CompletionResult | null => {
    const { doc } = context.state
    const line = doc.lineAt(context.pos)
    const before = line.text.slice(0, context.pos - line.from)
    const lines = doc.toString().split('\n')
    const place = yamlPlace(lines, line.number - 1, before)
    if (place === null || (place.typed === '' && !context.explicit && place.is === 'key' && before.trim() === '')) return null
    const schemas = place.path.reduce<YamlSchema[]>((at, part) => at.flatMap((schema) => step(root, schema, part)), expand(root, root, 0))
    const options = place.is === 'key' ? keysOf(schemas, place.siblings) : valuesOf(schemas)
    return options.length === 0 ? null : { from: context.pos - place.typed.length, options, validFor: /^[\w.-]*$/ }
  }
}

function keysOf(schemas: readonly YamlSchema[], siblings: readonly string[]): Completion[] {
  const given = new Set(siblings)
  const options = new Map<string, Completion>()
  for (const schema of schemas) {
    for (const [name, { description }] of Object.entries(schema.properties ?? {})) {
      if (given.has(name) || options.has(name)) continue
      const isRequired = schema.required?.includes(name) === true
      options.set(name, {
        label: name,
        apply: `${name}: `,
        type: 'property',
        boost: isRequired ? 10 : 0,
        ...(isRequired ? { detail: 'required' } : {}),
        ...(description === undefined ? {} : { info: description }),
      })
    }
  }
  return [...options.values()]
}

function valuesOf(schemas: readonly YamlSchema[]): Completion[] {
  const values = new Set<string>()
  for (const schema of schemas) {
    for (const value of [...(schema.enum ?? []), ...(schema.const === undefined ? [] : [schema.const])]) {
      // Objects and lists are no single word to offer.
      if (['string', 'number', 'boolean'].includes(typeof value)) values.add(String(value as string | number | boolean))
    }
    if ([schema.type].flat().includes('boolean')) for (const value of ['true', 'false']) values.add(value)
  }
  return [...values].map((label) => ({ label, type: 'enum' }))
}

/** What a part of the path leads to. */
function step(root: YamlSchema, schema: YamlSchema, part: string): YamlSchema[] {
  if (part === '[]') return schema.items === undefined ? [] : expand(root, schema.items, 0)
  const own = schema.properties?.[part]
  if (own !== undefined) return expand(root, own, 0)
  const found = Object.entries(schema.patternProperties ?? {}).flatMap(([pattern, below]) =>
    new RegExp(pattern).test(part) ? [below] : [],
  )
  if (found.length === 0 && typeof schema.additionalProperties === 'object') found.push(schema.additionalProperties)
  return found.flatMap((below) => expand(root, below, 0))
}

/** References followed, alternatives side by side. */
function expand(root: YamlSchema, schema: YamlSchema, depth: number): YamlSchema[] {
  if (depth > DEPTH_MAX) return []
  const referred = schema.$ref === undefined ? null : lookUp(root, schema.$ref)
  const others = [...(referred === null ? [] : [referred]), ...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])]
  return [schema, ...others.flatMap((other) => expand(root, other, depth + 1))]
}

function lookUp(root: YamlSchema, ref: string): YamlSchema | null {
  let at: unknown = root
  for (const part of ref.replace(/^#\/?/, '').split('/')) {
    if (part !== '') at = at !== null && typeof at === 'object' ? (at as Record<string, unknown>)[part] : undefined
  }
  return at !== null && typeof at === 'object' ? at : null
}
