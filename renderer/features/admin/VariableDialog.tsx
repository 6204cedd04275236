/** Making or changing a variable. */
import { Alert, Button, Group, Textarea, TextInput } from '@mantine/core'
import { IconEyeOff } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Variable } from '#contract/admin.ts'
import { api } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { strings } from '../../strings.ts'
import { FormDialog } from './FormDialog.tsx'

const text = strings.variables
const mono = { input: { fontFamily: 'var(--mono)', fontSize: 13 } }

export function VariableDialog({ variable, onClose }: { variable: Variable | null; onClose: () => void }) {
  const client = useQueryClient()
  const [key, setKey] = useState(variable?.key ?? '')
  const [value, setValue] = useState(variable?.value ?? '')
  const [description, setDescription] = useState(variable?.description ?? '')
  const isHidden = variable !== null && variable.value === null
  const formatted = formattedJson(value)
  return (
    <FormDialog
      title={variable === null ? text.create : strings.admin.edit(variable.key)}
      submit={variable === null ? strings.admin.create : strings.admin.save}
      fields={['key', 'value', 'description']}
      check={() => ({
        ...(key.trim() === '' ? { key: strings.admin.needed } : {}),
        // An empty text is a value; that of a hidden one would be replaced by mistake.
        ...(isHidden && value === '' ? { value: strings.admin.needed } : {}),
      })}
      {...(variable === null ? { taken: key.trim() } : {})}
      save={(replaces) =>
        api.setVariable({
          params: { key: key.trim() },
          body: { value, if_absent: variable === null && !replaces, ...(variable === null && description === '' ? {} : { description }) },
        })
      }
      onSaved={() => {
        void client.invalidateQueries({ queryKey: queryKeys.variables })
        onClose()
      }}
      onClose={onClose}
    >
      {(errors) => (
        <>
          {variable === null ? (
            <TextInput
              data-autofocus
              required
              label={text.key}
              description={text.keyHint}
              maxLength={250}
              value={key}
              error={errors['key']}
              onChange={(event) => {
                setKey(event.currentTarget.value)
              }}
            />
          ) : null}
          {isHidden ? (
            <Alert p="xs" icon={<IconEyeOff size={18} />}>
              {text.hiddenEdit}
            </Alert>
          ) : null}
          <Textarea
            {...(variable === null ? {} : { 'data-autofocus': true })}
            label={text.value}
            autosize
            minRows={3}
            maxRows={16}
            styles={mono}
            value={value}
            error={errors['value']}
            onChange={(event) => {
              setValue(event.currentTarget.value)
            }}
          />
          {formatted === null ? null : (
            <Group gap="xs">
              <Button
                size="compact-xs"
                variant="default"
                disabled={formatted === value}
                onClick={() => {
                  setValue(formatted)
                }}
              >
                {text.format}
              </Button>
            </Group>
          )}
          <TextInput
            label={text.description}
            maxLength={2000}
            value={description}
            error={errors['description']}
            onChange={(event) => {
              setDescription(event.currentTarget.value)
            }}
          />
        </>
      )}
    </FormDialog>
  )
}

/** An object or list of JSON with its lines; null for anything else. */
function formattedJson(value: string): string | null {
  if (!/^\s*[{[]/.test(value)) return null
  try {
    return JSON.stringify(JSON.parse(value), null, 2)
  } catch {
    return null
  }
}
