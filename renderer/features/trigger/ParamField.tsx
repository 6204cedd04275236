/** One field of the trigger form. */
import { Autocomplete, JsonInput, MultiSelect, NumberInput, Select, Switch, Textarea, TextInput, type TextInputProps } from '@mantine/core'
import { lazy, Suspense } from 'react'
import { strings } from '../../strings.ts'
import { inUtc, type Field, type FieldValue } from './paramForm.ts'

interface ParamFieldProps {
  field: Field
  /** The first field has the focus when the dialog opens. */
  isFirst: boolean
  value: FieldValue
  problem: string | null
  onChange: (value: FieldValue) => void
}

const Markdown = lazy(() => import('../../ui/Markdown.tsx').then(({ Markdown: component }) => ({ default: component })))
const mono = { input: { fontFamily: 'var(--mono)', fontSize: 13 } }

export function ParamField({ field, isFirst, value, problem, onChange }: ParamFieldProps) {
  const shared = {
    label: field.title,
    description: describe(field),
    // Markdown has blocks; a paragraph may not hold them.
    descriptionProps: { component: 'div' } as NonNullable<TextInputProps['descriptionProps']>,
    error: problem,
    required: field.isRequired,
    name: field.name,
    'data-autofocus': isFirst || undefined,
  }
  const source = typeof value === 'string' ? value : ''
  const onText = (event: { currentTarget: { value: string } }) => {
    onChange(event.currentTarget.value)
  }
  switch (field.kind) {
    case 'switch':
      return (
        <Switch
          data-autofocus={isFirst || undefined}
          label={field.title}
          description={describe(field)}
          error={problem}
          checked={value === true}
          onChange={(event) => {
            onChange(event.currentTarget.checked)
          }}
        />
      )
    case 'number':
      return (
        <NumberInput
          {...shared}
          value={source}
          {...(field.minimum === null ? {} : { min: field.minimum })}
          {...(field.maximum === null ? {} : { max: field.maximum })}
          clampBehavior="none"
          onChange={(next) => {
            onChange(String(next))
          }}
        />
      )
    case 'choice':
      return (
        <Select
          {...shared}
          data={field.options.map(({ value: key, label }) => ({ value: key, label }))}
          value={source}
          clearable={field.isNullable}
          allowDeselect={field.isNullable}
          searchable={field.options.length > 8}
          onChange={(next) => {
            onChange(next ?? '')
          }}
        />
      )
    case 'choices':
      return (
        <MultiSelect
          {...shared}
          data={field.options.map(({ value: key, label }) => ({ value: key, label }))}
          value={Array.isArray(value) ? [...(value as readonly string[])] : []}
          onChange={onChange}
          searchable
        />
      )
    case 'list':
    case 'lines':
      return <Textarea {...shared} autosize minRows={2} maxRows={10} value={source} onChange={onText} />
    case 'json':
      return <JsonInput {...shared} autosize minRows={2} maxRows={14} styles={mono} value={source} onChange={onChange} />
    case 'suggest':
      return (
        <Autocomplete
          {...shared}
          data={[...new Set(field.options.map(({ value: each }) => each))]}
          renderOption={({ option }) => field.options.find(({ value: each }) => each === option.value)?.label ?? option.value}
          filter={({ options }) => options}
          value={source}
          onChange={onChange}
        />
      )
    case 'time':
      return <TextInput {...shared} type="time" step={1} value={source.slice(0, 8)} onChange={onText} />
    case 'date':
      return <TextInput {...shared} type="date" value={source} onChange={onText} />
    case 'datetime':
      return <TextInput {...shared} type="datetime-local" step={1} value={inUtc(source)} onChange={onText} />
    default:
      return <TextInput {...shared} value={source} onChange={onText} />
  }
}

const HINTS: Partial<Record<Field['kind'], string>> = { list: strings.trigger.listHint, datetime: strings.trigger.utcHint }

function describe(field: Field): React.ReactNode {
  if (field.descriptionMd !== null) {
    return (
      <Suspense fallback={field.description}>
        <Markdown text={field.descriptionMd} />
      </Suspense>
    )
  }
  return field.description ?? HINTS[field.kind]
}
