/** Importing variables from a JSON file: what it would do comes first, by the server's own dry run. */
import { FileInput, Radio, Group, Text, Textarea } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { errorText } from '../../api/errors.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { strings } from '../../strings.ts'
import { tell } from '../../ui/act.ts'
import { FormDialog } from './FormDialog.tsx'
import { readVariables } from './variableFile.ts'

const text = strings.variables

export function VariableImport({ onClose }: { onClose: () => void }) {
  const client = useQueryClient()
  const [json, setJson] = useState('')
  const [on_existing, setExisting] = useState<'overwrite' | 'skip'>('overwrite')
  const [asked] = useDebouncedValue(json, 300)
  const read = json.trim() === '' ? null : readVariables(json)
  const variables = read !== null && 'variables' in read ? read.variables : null
  const plan = useQuery({
    queryKey: [...queryKeys.variables, 'import', asked, on_existing],
    queryFn: () => api.importVariables({ body: { variables: variables ?? {}, on_existing, dry_run: true } }),
    enabled: variables !== null && asked === json,
    staleTime: 0,
    gcTime: 0,
  })
  const count = plan.data === undefined ? 0 : plan.data.created.length + plan.data.overwritten.length
  return (
    <FormDialog
      title={text.importTitle}
      submit={text.importDo(count)}
      fields={['variables']}
      check={(): Record<string, string> =>
        variables === null ? { variables: read !== null && 'problem' in read ? read.problem : strings.admin.needed } : {}
      }
      save={() => api.importVariables({ body: { variables: variables ?? {}, on_existing } })}
      onSaved={({ created, overwritten }) => {
        tell(text.imported(created.length + overwritten.length))
        void client.invalidateQueries({ queryKey: queryKeys.variables })
        onClose()
      }}
      onClose={onClose}
    >
      {(errors) => (
        <>
          <Text size="sm" c="dimmed">
            {text.importLead}
          </Text>
          <FileInput
            data-autofocus
            label={text.importFile}
            placeholder={text.importChoose}
            accept="application/json,.json"
            onChange={(file) => void file?.text().then(setJson)}
          />
          <Textarea
            label={text.importText}
            autosize
            minRows={4}
            maxRows={12}
            styles={{ input: { fontFamily: 'var(--mono)', fontSize: 13 } }}
            value={json}
            error={read !== null && 'problem' in read ? read.problem : errors['variables']}
            onChange={(event) => {
              setJson(event.currentTarget.value)
            }}
          />
          <Radio.Group
            label={text.importExisting}
            value={on_existing}
            onChange={(value) => {
              setExisting(value === 'skip' ? 'skip' : 'overwrite')
            }}
          >
            <Group mt={4}>
              <Radio value="overwrite" label={text.importOverwrite} />
              <Radio value="skip" label={text.importSkip} />
            </Group>
          </Radio.Group>
          {plan.data === undefined ? null : (
            <Text size="sm" fw={550} role="status">
              {text.importPlan(plan.data.created.length, plan.data.overwritten.length, plan.data.skipped.length)}
            </Text>
          )}
          {plan.isError ? (
            <Text size="sm" c="red" role="alert">
              {errorText(plan.error)}
            </Text>
          ) : null}
        </>
      )}
    </FormDialog>
  )
}
