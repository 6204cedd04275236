/** From a param's JSON Schema to a form field, and from what was typed to conf. Pure. */
import type { DagDetail } from '#contract/dag.ts'

export type FieldKind =
  'text' | 'lines' | 'number' | 'switch' | 'choice' | 'choices' | 'date' | 'datetime' | 'time' | 'suggest' | 'list' | 'json'
export interface Field {
  name: string
  title: string
  description: string | null
  /** The same as Markdown; goes before `description`. */
  descriptionMd: string | null
  kind: FieldKind
  isInteger: boolean
  isRequired: boolean
  /** null may be sent when nothing is typed. */
  isNullable: boolean
  /** `raw` is what goes into conf: an option need not be text. */
  options: readonly { value: string; label: string; raw: unknown }[]
  minimum: number | null
  maximum: number | null
  section: string | null
}
export type FieldValue = string | boolean | readonly string[]
type Params = DagDetail['params']
type Schema = Record<string, unknown>

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
const number = (value: unknown): number | null => (typeof value === 'number' ? value : null)

function typesOf(schema: Schema): string[] {
  const { type } = schema
  return Array.isArray(type) ? type.filter((each): each is string => typeof each === 'string') : typeof type === 'string' ? [type] : []
}

function kindOf(schema: Schema, value: unknown): FieldKind {
  const types = typesOf(schema).filter((type) => type !== 'null')
  if (Array.isArray(schema['enum'])) return 'choice'
  const { format } = schema
  const type = types.length === 1 ? types[0] : types.length === 0 ? kindOfValue(value) : 'any'
  if (type === 'boolean') return 'switch'
  if (type === 'integer' || type === 'number') return 'number'
  if (type === 'array') {
    if (Array.isArray(schema['examples'])) return 'choices'
    const items = schema['items'] as Schema | undefined
    const isText =
      items === undefined ? !Array.isArray(value) || value.every((each) => typeof each === 'string') : typesOf(items).includes('string')
    return isText ? 'list' : 'json'
  }
  if (type !== 'string') return 'json'
  if (Array.isArray(schema['examples'])) return 'suggest'
  return FORMATS[String(format)] ?? 'text'
}
const FORMATS: Readonly<Record<string, FieldKind>> = { date: 'date', 'date-time': 'datetime', time: 'time', multiline: 'lines' }

function kindOfValue(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return value === null ? 'any' : typeof value
}

export function fieldsOf(params: Params): Field[] {
  return Object.entries(params).flatMap(([name, param]) => {
    const { schema, value, has_default } = param
    if ('const' in schema) return []
    const kind = kindOf(schema, value)
    const listed = kind === 'choices' || kind === 'suggest' ? schema['examples'] : schema['enum']
    const labels = (schema['values_display'] ?? {}) as Record<string, unknown>
    const options = (Array.isArray(listed) ? listed : []).map((each) => {
      const key = typeof each === 'string' ? each : JSON.stringify(each)
      return { value: key, label: text(labels[key]) ?? key, raw: each as unknown }
    })
    const isNullable = typesOf(schema).includes('null') || (Array.isArray(schema['enum']) && schema['enum'].includes(null))
    return [
      {
        name,
        kind,
        title: text(schema['title']) ?? name,
        description: param.description ?? text(schema['description']),
        descriptionMd: text(schema['description_md']),
        isInteger: typesOf(schema).includes('integer'),
        // A param without a default, or whose default is null although null is not allowed, must be given.
        isRequired: !isNullable && kind !== 'switch' && (!has_default || (value === null && typesOf(schema).length > 0)),
        isNullable,
        options,
        minimum: number(schema['minimum']),
        maximum: number(schema['maximum']),
        section: text(schema['section']),
      },
    ]
  })
}

/** A value as the field shows it. */
export function toField(field: Field, value: unknown): FieldValue {
  if (field.kind === 'switch') return value === true
  if (field.kind === 'choices') return Array.isArray(value) ? value.map(String) : []
  if (value === null || value === undefined) return ''
  if (field.kind === 'list') return Array.isArray(value) ? value.map(String).join('\n') : ''
  if (field.kind === 'json') return JSON.stringify(value, null, 2)
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const OFFSET = /(Z|[+-]\d\d:?\d\d)$/

/** A date-time without its offset, as a field without a zone shows it: in UTC, which is what the field is said to be in. */
export function inUtc(text: string): string {
  const at = OFFSET.test(text) ? Date.parse(text) : NaN
  return Number.isNaN(at) ? text.replace(OFFSET, '').slice(0, 19) : new Date(at).toISOString().slice(0, 19)
}

export type FieldResult = { value: unknown } | { problem: 'required' | 'number' | 'wholeNumber' | 'json' }

const TEXT_KINDS: ReadonlySet<FieldKind> = new Set(['text', 'lines', 'suggest'])

/** What the field means for conf. */
export function fromField(field: Field, typed: FieldValue): FieldResult {
  if (typeof typed === 'boolean') return { value: typed }
  if (Array.isArray(typed)) {
    const labels = typed as readonly string[]
    return { value: labels.map((label) => field.options.find(({ value }) => value === label)?.raw ?? label) }
  }
  const source = typed as string
  if (source.trim() === '') {
    if (field.kind === 'list') return { value: [] }
    if (field.isNullable) return { value: null }
    if (field.isRequired || field.kind === 'number') return { problem: field.isRequired ? 'required' : 'number' }
    return { value: TEXT_KINDS.has(field.kind) ? source : null }
  }
  switch (field.kind) {
    case 'number': {
      const value = Number(source)
      if (!Number.isFinite(value)) return { problem: 'number' }
      return field.isInteger && !Number.isInteger(value) ? { problem: 'wholeNumber' } : { value }
    }
    case 'choice':
      return { value: field.options.find(({ value }) => value === source)?.raw ?? source }
    case 'list':
      return { value: source.split('\n').filter((line) => line.trim() !== '') }
    case 'json':
      try {
        return { value: JSON.parse(source) as unknown }
      } catch {
        return { problem: 'json' }
      }
    case 'datetime':
      // The field has no zone; the value is an instant in UTC unless one was typed.
      return { value: OFFSET.test(source) ? source : `${source.length === 16 ? `${source}:00` : source}+00:00` }
    default:
      return { value: source }
  }
}
