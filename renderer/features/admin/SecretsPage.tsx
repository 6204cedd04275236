/** Secrets: their names. Values go in and never come out. */
import { ActionIcon, Group, PasswordInput, TextInput } from '@mantine/core'
import { IconKey, IconReplace } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Secret } from '#contract/admin.ts'
import { api } from '../../api/client.ts'
import { secretsQuery } from '../../api/queries/admin.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { strings } from '../../strings.ts'
import { tell } from '../../ui/act.ts'
import { Instant } from '../../ui/Instant.tsx'
import { PageHeader } from '../shell/index.ts'
import { CreateButton, DeleteButton } from './AdminButtons.tsx'
import { AdminList } from './AdminList.tsx'
import classes from './Admin.module.css'
import { FormDialog } from './FormDialog.tsx'
import { RoleGate } from './RoleGate.tsx'

const text = strings.secrets

export function SecretsPage() {
  return (
    <RoleGate role="Admin">
      <Secrets />
    </RoleGate>
  )
}

function Secrets() {
  const secrets = useQuery(secretsQuery)
  /** The secret whose value is typed; `''` = a new one. */
  const [key, setKey] = useState<string | null>(null)
  const create = (
    <CreateButton
      label={text.create}
      onClick={() => {
        setKey('')
      }}
    />
  )
  const renderRow = (secret: Secret) => (
    <>
      <div role="cell" className={classes['name']}>
        {secret.key}
      </div>
      <div role="cell" className={classes['wide']} data-label={text.columns.created}>
        <Instant at={secret.created_at} />
      </div>
      <div role="cell" className={classes['hideNarrow']}>
        {secret.updated_at === secret.created_at ? strings.time.never : <Instant at={secret.updated_at} />}
      </div>
      <div role="cell" className={classes['actions']}>
        <ActionIcon
          size="lg"
          aria-label={text.replaceTitle(secret.key)}
          title={text.replace}
          onClick={() => {
            setKey(secret.key)
          }}
        >
          <IconReplace size={17} />
        </ActionIcon>
        <DeleteButton
          name={secret.key}
          question={{ title: text.deleteTitle(secret.key), text: text.deleteText }}
          remove={() => api.deleteSecret({ params: { key: secret.key } })}
          invalidates={queryKeys.secrets}
        />
      </div>
    </>
  )
  return (
    <>
      <PageHeader title={text.title} facts={<span className={classes['dim']}>{text.lead}</span>} actions={create} />
      <div className={classes['head']} />
      <AdminList
        label={text.title}
        columns="minmax(180px, 2fr) minmax(170px, 1fr) minmax(170px, 1fr)"
        head={[text.columns.key, text.columns.created, text.columns.updated]}
        rows={secrets.data?.secrets}
        error={secrets.error}
        onRetry={() => void secrets.refetch()}
        rowKey={(secret) => secret.key}
        renderRow={renderRow}
        empty={{ title: text.empty, text: text.emptyText, icon: IconKey, action: <Group mt="sm">{create}</Group> }}
      />
      {key === null ? null : (
        <SecretDialog
          known={key}
          onClose={() => {
            setKey(null)
          }}
        />
      )}
    </>
  )
}

function SecretDialog({ known, onClose }: { known: string; onClose: () => void }) {
  const client = useQueryClient()
  const isNew = known === ''
  const [key, setKey] = useState(known)
  const [value, setValue] = useState('')
  return (
    <FormDialog
      title={isNew ? text.create : text.replaceTitle(known)}
      submit={isNew ? strings.admin.create : text.replace}
      fields={['key', 'value']}
      check={() => ({
        ...(key.trim() === '' ? { key: strings.admin.needed } : {}),
        ...(value === '' ? { value: strings.admin.needed } : {}),
      })}
      {...(isNew ? { taken: key.trim() } : {})}
      save={(replaces) => api.setSecret({ body: { key: key.trim(), value, if_absent: isNew && !replaces } })}
      onSaved={() => {
        tell(text.saved(key.trim()))
        void client.invalidateQueries({ queryKey: queryKeys.secrets })
        onClose()
      }}
      onClose={onClose}
    >
      {(errors) => (
        <>
          {isNew ? (
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
          <PasswordInput
            {...(isNew ? {} : { 'data-autofocus': true })}
            required
            label={text.value}
            autoComplete="new-password"
            value={value}
            error={errors['value']}
            onChange={(event) => {
              setValue(event.currentTarget.value)
            }}
          />
        </>
      )}
    </FormDialog>
  )
}
