/** API keys: own ones, or all for an Admin. A new key is shown once. */
import { Alert, Button, Code, CopyButton, Group, Select, Stack, Text, TextInput } from '@mantine/core'
import { IconAlertTriangle, IconCheck, IconCopy, IconKey } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ApiKey } from '#contract/admin.ts'
import { api } from '../../api/client.ts'
import { apiKeysQuery } from '../../api/queries/admin.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { strings } from '../../strings.ts'
import { Instant } from '../../ui/Instant.tsx'
import { PageHeader } from '../shell/index.ts'
import { CreateButton, DeleteButton } from './AdminButtons.tsx'
import { AdminList } from './AdminList.tsx'
import classes from './Admin.module.css'
import { FormDialog } from './FormDialog.tsx'
import { useHasRole } from './RoleGate.tsx'
import { Dialog } from '../../ui/Dialog.tsx'

const text = strings.apiKeys
const LIVES = [30, 90, 365]

export function ApiKeysPage() {
  const client = useQueryClient()
  const keys = useQuery(apiKeysQuery)
  const isAdmin = useHasRole('Admin')
  const [isMaking, setMaking] = useState(false)
  const [made, setMade] = useState<string | null>(null)
  const create = (
    <CreateButton
      label={text.create}
      onClick={() => {
        setMaking(true)
      }}
    />
  )
  const renderRow = (key: ApiKey) => (
    <>
      <div role="cell" className={classes['name']}>
        {key.name}
      </div>
      <div role="cell" className={`mono ${classes['wide']}`} data-label={text.columns.key}>
        {key.prefix}…
      </div>
      <div role="cell" className={classes['wide']} data-label={text.columns.user}>
        {key.username}
      </div>
      <div role="cell" className={classes['hideNarrow']}>
        {key.last_used_at === null ? text.neverUsed : <Instant at={key.last_used_at} relative />}
      </div>
      <div role="cell" className={classes['wide']} data-label={text.columns.expires}>
        <Expiry at={key.expires_at} />
      </div>
      <div role="cell" className={classes['actions']}>
        <DeleteButton
          name={key.name}
          verb={text.revoke}
          question={{ title: text.revokeTitle(key.name), text: text.revokeText }}
          remove={() => api.deleteApiKey({ params: { id: key.id } })}
          invalidates={queryKeys.apiKeys}
        />
      </div>
    </>
  )
  return (
    <>
      <PageHeader
        title={text.title}
        facts={<span className={classes['dim']}>{isAdmin ? text.leadAdmin : text.lead}</span>}
        actions={create}
      />
      <div className={classes['head']} />
      <AdminList
        label={text.title}
        columns="minmax(160px, 2fr) 150px minmax(110px, 1fr) 140px minmax(150px, 1fr)"
        head={[text.columns.name, text.columns.key, text.columns.user, text.columns.used, text.columns.expires]}
        rows={keys.data?.data}
        error={keys.error}
        onRetry={() => void keys.refetch()}
        rowKey={({ id }) => String(id)}
        renderRow={renderRow}
        empty={{ title: text.empty, text: text.emptyText, icon: IconKey, action: <Group mt="sm">{create}</Group> }}
      />
      {isMaking ? (
        <NewKey
          onClose={() => {
            setMaking(false)
          }}
          onMade={(key) => {
            setMaking(false)
            setMade(key)
            void client.invalidateQueries({ queryKey: queryKeys.apiKeys })
          }}
        />
      ) : null}
      {made === null ? null : (
        <ShownOnce
          apiKey={made}
          onClose={() => {
            setMade(null)
          }}
        />
      )}
    </>
  )
}

function Expiry({ at }: { at: string | null }) {
  if (at === null) return text.never
  if (Date.parse(at) > Date.now()) return <Instant at={at} relative />
  return (
    <Text span size="sm" c="red" fw={550}>
      {text.expired}
    </Text>
  )
}

function NewKey({ onClose, onMade }: { onClose: () => void; onMade: (key: string) => void }) {
  const [name, setName] = useState('')
  const [days, setDays] = useState('90')
  return (
    <FormDialog
      title={text.create}
      submit={strings.admin.create}
      fields={['name', 'expires_in_days']}
      check={(): Record<string, string> => (name.trim() === '' ? { name: strings.admin.needed } : {})}
      save={() => api.createApiKey({ body: { name: name.trim(), ...(days === '' ? {} : { expires_in_days: Number(days) }) } })}
      onSaved={({ api_key }) => {
        onMade(api_key)
      }}
      onClose={onClose}
    >
      {(errors) => (
        <>
          <TextInput
            data-autofocus
            required
            label={text.name}
            description={text.nameHint}
            maxLength={250}
            value={name}
            error={errors['name']}
            onChange={(event) => {
              setName(event.currentTarget.value)
            }}
          />
          <Select
            label={text.expires}
            value={days}
            allowDeselect={false}
            error={errors['expires_in_days']}
            data={[...LIVES.map((each) => ({ value: String(each), label: text.days(each) })), { value: '', label: text.never }]}
            onChange={(value) => {
              setDays(value ?? '')
            }}
          />
        </>
      )}
    </FormDialog>
  )
}

/** Closed by its own button only: a click beside it would lose the key. */
function ShownOnce({ apiKey, onClose }: { apiKey: string; onClose: () => void }) {
  return (
    <Dialog onClose={onClose} closedBy="buttons" title={text.once} size="lg">
      <Stack gap="sm">
        <Alert p="xs" color="yellow" icon={<IconAlertTriangle size={18} />}>
          {text.onceText}
        </Alert>
        <Code block style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }} data-testid="api-key">
          {apiKey}
        </Code>
        <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }} className="mono">
          curl -H &quot;Authorization: Bearer …&quot; {window.location.origin}/api/me
        </Text>
        <Group justify="flex-end" gap="xs">
          <CopyButton value={apiKey}>
            {({ copied, copy }) => (
              <Button
                data-autofocus
                variant="default"
                leftSection={copied ? <IconCheck size={15} /> : <IconCopy size={15} />}
                onClick={copy}
              >
                {copied ? strings.admin.copied : text.copy}
              </Button>
            )}
          </CopyButton>
          <Button onClick={onClose}>{text.done}</Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
