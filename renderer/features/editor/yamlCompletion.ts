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
  if?: YamlSchema
  then?: YamlSchema
  enum?: unknown[]
  const?: unknown
  type?: string | string[]
  description?: string
  required?: string[]
  /** Still read, and not offered. */
  deprecated?: boolean
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
    const last = place.path.length
    // Which of several forms a mapping has is told by what it holds already: of those around the position that is not known here.
    const given = (depth: number) => (place.is === 'key' && depth === last ? place.values : null)
    const schemas = place.path.reduce<YamlSchema[]>(
      (at, part, index) => at.flatMap((schema) => step(root, schema, part, given(index + 1))),
      expand(root, root, 0, given(0)),
    )
    const options = place.is === 'key' ? keysOf(schemas, place.siblings) : valuesOf(schemas)
    return options.length === 0 ? null : { from: context.pos - place.typed.length, options, validFor: /^[\w.-]*$/ }
  }
}

function keysOf(schemas: readonly YamlSchema[], siblings: readonly string[]): Completion[] {
  const given = new Set(siblings)
  const options = new Map<string, Completion>()
  for (const schema of schemas) {
    for (const [name, { description, deprecated }] of Object.entries(schema.properties ?? {})) {
      if (given.has(name) || options.has(name) || deprecated === true) continue
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

/** Values of a mapping that is being written; null = not known. */
type Given = Record<string, string> | null

/** What a part of the path leads to. */
function step(root: YamlSchema, schema: YamlSchema, part: string, given: Given): YamlSchema[] {
  if (part === '[]') return schema.items === undefined ? [] : expand(root, schema.items, 0, given)
  const own = schema.properties?.[part]
  if (own !== undefined) return expand(root, own, 0, given)
  const found = Object.entries(schema.patternProperties ?? {}).flatMap(([pattern, below]) =>
    new RegExp(pattern).test(part) ? [below] : [],
  )
  if (found.length === 0 && typeof schema.additionalProperties === 'object') found.push(schema.additionalProperties)
  return found.flatMap((below) => expand(root, below, 0, given))
}

/** References followed, alternatives side by side. */
function expand(root: YamlSchema, schema: YamlSchema, depth: number, given: Given): YamlSchema[] {
  if (depth > DEPTH_MAX) return []
  const referred = schema.$ref === undefined ? null : lookUp(root, schema.$ref)
  const then = schema.then !== undefined && schema.if !== undefined && mayBe(schema.if, given) ? [schema.then] : []
  const others = [
    ...(referred === null ? [] : [referred]),
    ...(schema.anyOf ?? []),
    ...chosen(root, schema.oneOf ?? [], given),
    ...(schema.allOf ?? []),
    ...then,
  ]
  return [schema, ...others.flatMap((other) => expand(root, other, depth + 1, given))]
}

function mayBe(condition: YamlSchema, given: Given): boolean {
  if (given === null) return true
  return Object.entries(condition.properties ?? {}).every(([name, form]) => form.enum?.includes(given[name]) ?? true)
}

/** Of forms that exclude each other the one whose required keys are there, else the first; all of them where that is not known. */
function chosen(root: YamlSchema, forms: readonly YamlSchema[], given: Given): readonly YamlSchema[] {
  if (given === null || forms.length === 0) return forms
  const isMeant = (form: YamlSchema) => {
    const { required = [], anyOf = [] } = (form.$ref === undefined ? form : lookUp(root, form.$ref)) ?? {}
    return [...required, ...anyOf.flatMap((one) => one.required ?? [])].some((name) => name in given)
  }
  return [forms.find(isMeant) ?? forms[0] ?? {}]
}

function lookUp(root: YamlSchema, ref: string): YamlSchema | null {
  let at: unknown = root
  for (const part of ref.replace(/^#\/?/, '').split('/')) {
    if (part !== '') at = at !== null && typeof at === 'object' ? (at as Record<string, unknown>)[part] : undefined
  }
  return at !== null && typeof at === 'object' ? at : null
}
