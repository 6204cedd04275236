/** Recording an update by hand, with what consumers are told of it. */
import { Text, Textarea } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { AssetDetail } from '#contract/asset.ts'
import { api } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { strings } from '../../strings.ts'
import { tell } from '../../ui/act.ts'
import { FormDialog } from '../admin/FormDialog.tsx'

const text = strings.assets
const mono = { input: { fontFamily: 'var(--mono)', fontSize: 13 } }

export function RecordEventDialog({ asset, onClose }: { asset: AssetDetail; onClose: () => void }) {
  const client = useQueryClient()
  const [typed, setTyped] = useState('')
  const extra = objectOf(typed)
  // What comes through an alias has the alias with it; an update by hand has none.
  const woken = asset.consumers.filter(({ is_paused, alias }) => !is_paused && alias === null).map(({ dag_id }) => dag_id)
  return (
    <FormDialog
      title={text.recordTitle(asset.name)}
      submit={text.record}
      fields={['extra']}
      check={(): Record<string, string> => (extra === null ? { extra: text.notObject } : {})}
      save={() => api.createAssetEvent({ body: { uri: asset.uri, extra: extra ?? {} } })}
      onSaved={() => {
        tell(text.recorded(asset.name))
        void client.invalidateQueries({ queryKey: queryKeys.asset(asset.uri) })
        onClose()
      }}
      onClose={onClose}
    >
      {(errors) => (
        <>
          <Text size="sm">
            {text.recordText} {woken.length === 0 ? text.recordNone : text.recordStarts(woken.join(', '))}
          </Text>
          <Textarea
            data-autofocus
            label={text.extra}
            description={text.extraHint}
            placeholder="{}"
            autosize
            minRows={3}
            maxRows={14}
            styles={mono}
            value={typed}
            error={errors['extra']}
            onChange={(event) => {
              setTyped(event.currentTarget.value)
            }}
          />
        </>
      )}
    </FormDialog>
  )
}

/** An empty text says nothing; null = it is no JSON object. */
function objectOf(typed: string): Record<string, unknown> | null {
  if (typed.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(typed)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}
