/** The fields of all params, under the sections that their schemas name. */
import { Stack, Title } from '@mantine/core'
import { ParamField } from './ParamField.tsx'
import type { Values } from './conf.ts'
import type { Field, FieldValue } from './paramForm.ts'

interface ParamFieldsProps {
  fields: readonly Field[]
  values: Values
  problems: Record<string, string>
  onChange: (name: string, value: FieldValue) => void
}

export function ParamFields({ fields, values, problems, onChange }: ParamFieldsProps) {
  const sections = [...new Set(fields.map(({ section }) => section))]
  return sections.map((section) => (
    <Stack key={section ?? ''} gap="sm" role={section === null ? undefined : 'group'} aria-label={section ?? undefined}>
      {section === null ? null : (
        <Title order={3} size="h6" mt={4}>
          {section}
        </Title>
      )}
      {fields
        .filter((field) => field.section === section)
        .map((field) => (
          <ParamField
            key={field.name}
            field={field}
            isFirst={field === fields[0]}
            value={values[field.name] ?? ''}
            problem={problems[field.name] ?? null}
            onChange={(value) => {
              onChange(field.name, value)
            }}
          />
        ))}
    </Stack>
  ))
}
