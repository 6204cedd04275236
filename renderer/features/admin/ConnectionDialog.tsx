/** Making or changing a connection: by its fields, which are called as its type calls them, or a new one by its URI. */
import { Autocomplete, Checkbox, Group, PasswordInput, SegmentedControl, Textarea, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Connection, ConnectionBody } from '#contract/connection.ts'
import { api } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { strings } from '../../strings.ts'
import { tell } from '../../ui/act.ts'
import { isExtra, kindOf, KNOWN_TYPES, type PlainField } from './connectionKinds.ts'
import { FormDialog } from './FormDialog.tsx'

const text = strings.connections
const mono = { input: { fontFamily: 'var(--mono)', fontSize: 13 } }
const FIELDS = ['conn_id', 'conn_type', 'host', 'port', 'schema', 'login', 'password', 'extra', 'description', 'connections'] as const
const ID = /^[\w#!()\-.:/\\]+$/
const TYPE = /^[A-Za-z][A-Za-z0-9_.-]*$/

interface Form {
  conn_id: string
  conn_type: string
  host: string
  port: string
  schema: string
  login: string
  password: string
  removesPassword: boolean
  extra: string
  description: string
  isUri: boolean
  uri: string
}
type Change = (part: Partial<Form>) => void
type Errors = Record<string, string>

function formOf(connection: Connection | null): Form {
  return {
    conn_id: connection?.conn_id ?? '',
    conn_type: connection?.conn_type ?? '',
    host: connection?.host ?? '',
    port: connection?.port?.toString() ?? '',
    schema: connection?.schema ?? '',
    login: connection?.login ?? '',
    password: '',
    removesPassword: false,
    extra: connection?.extra ?? '',
    description: connection?.description ?? '',
    isUri: false,
    uri: '',
  }
}

function bodyOf(form: Form): ConnectionBody {
  const { conn_type, host, port, schema, login, password, removesPassword, extra, description } = form
  return {
    conn_type: conn_type.trim(),
    description,
    host: host.trim() === '' ? null : host.trim(),
    port: port.trim() === '' ? null : Number(port),
    schema: schema === '' ? null : schema,
    login: login === '' ? null : login,
    extra: extra.trim() === '' ? null : extra,
    // Left out, it stays as it is.
    ...(removesPassword ? { password: null } : password === '' ? {} : { password }),
  }
}

function problemsOf(form: Form): Errors {
  const { needed } = strings.admin
  const found: Errors = {}
  if (!ID.test(form.conn_id.trim())) found['conn_id'] = form.conn_id.trim() === '' ? needed : text.idWrong
  if (form.isUri) {
    if (form.uri.trim() === '') found['connections'] = needed
    return found
  }
  if (!TYPE.test(form.conn_type.trim())) found['conn_type'] = form.conn_type.trim() === '' ? needed : text.typeWrong
  if (!/^\s*\d*\s*$/.test(form.port) || Number(form.port) > 65_535) found['port'] = text.portWrong
  if (!isExtra(form.extra)) found['extra'] = text.extraWrong
  return found
}

export function ConnectionDialog({ connection, onClose }: { connection: Connection | null; onClose: () => void }) {
  const client = useQueryClient()
  const [form, setForm] = useState(() => formOf(connection))
  const conn_id = form.conn_id.trim()
  const change: Change = (part) => {
    setForm((before) => ({ ...before, ...part }))
  }
  const save = async (): Promise<unknown> => {
    if (connection !== null) return api.updateConnection({ params: { conn_id: connection.conn_id }, body: bodyOf(form) })
    if (form.isUri) return api.importConnections({ body: { connections: { [conn_id]: form.uri.trim() }, on_existing: 'fail' } })
    return api.createConnection({ body: { conn_id, ...bodyOf(form) } })
  }
  return (
    <FormDialog
      title={connection === null ? text.create : strings.admin.edit(connection.conn_id)}
      submit={connection === null ? strings.admin.create : strings.admin.save}
      fields={FIELDS}
      check={() => problemsOf(form)}
      save={save}
      onSaved={() => {
        tell(text.saved(conn_id))
        void client.invalidateQueries({ queryKey: queryKeys.connections })
        onClose()
      }}
      onClose={onClose}
    >
      {(errors) => (
        <>
          {connection === null ? <NewHead form={form} change={change} errors={errors} /> : null}
          {form.isUri ? (
            <Textarea
              required
              label={text.uri}
              description={text.uriHint}
              autosize
              minRows={2}
              styles={mono}
              value={form.uri}
              error={errors['connections']}
              onChange={(event) => {
                change({ uri: event.currentTarget.value })
              }}
            />
          ) : (
            <Fields form={form} change={change} errors={errors} connection={connection} />
          )}
        </>
      )}
    </FormDialog>
  )
}

function NewHead({ form, change, errors }: { form: Form; change: Change; errors: Errors }) {
  return (
    <>
      <TextInput
        data-autofocus
        required
        label={text.id}
        description={text.idHint}
        maxLength={250}
        value={form.conn_id}
        error={errors['conn_id']}
        onChange={(event) => {
          change({ conn_id: event.currentTarget.value })
        }}
      />
      <SegmentedControl
        aria-label={text.as}
        size="xs"
        data={[
          { value: 'fields', label: text.asFields },
          { value: 'uri', label: text.asUri },
        ]}
        value={form.isUri ? 'uri' : 'fields'}
        onChange={(value) => {
          change({ isUri: value === 'uri' })
        }}
      />
    </>
  )
}

function Fields({ form, change, errors, connection }: { form: Form; change: Change; errors: Errors; connection: Connection | null }) {
  const kind = kindOf(form.conn_type)
  const hasPassword = connection?.has_password === true
  const isShown = (field: PlainField): boolean =>
    !kind.unused.includes(field) || form[field] !== '' || (field === 'password' && hasPassword)
  const plain = (field: 'host' | 'port' | 'schema' | 'login') =>
    isShown(field) ? (
      <TextInput
        label={kind.labels[field] ?? text[field]}
        // The schema stands in a line of its own.
        style={field === 'schema' ? {} : { flex: field === 'port' ? '0 1 110px' : '1 1 160px' }}
        inputMode={field === 'port' ? 'numeric' : 'text'}
        autoComplete="off"
        value={form[field]}
        error={errors[field]}
        onChange={(event) => {
          change({ [field]: event.currentTarget.value })
        }}
      />
    ) : null
  return (
    <>
      <Autocomplete
        {...(connection === null ? {} : { 'data-autofocus': true })}
        openOnFocus={false}
        required
        label={text.type}
        description={text.typeHint}
        data={[...KNOWN_TYPES]}
        value={form.conn_type}
        error={errors['conn_type']}
        onChange={(conn_type) => {
          change({ conn_type })
        }}
      />
      <Group align="flex-start" gap="sm">
        {plain('host')}
        {plain('port')}
      </Group>
      {plain('schema')}
      <Group align="flex-start" gap="sm">
        {plain('login')}
        {isShown('password') ? (
          <PasswordInput
            label={kind.labels.password ?? text.password}
            style={{ flex: '1 1 160px' }}
            autoComplete="new-password"
            disabled={form.removesPassword}
            placeholder={hasPassword ? text.passwordKept : ''}
            value={form.password}
            error={errors['password']}
            onChange={(event) => {
              change({ password: event.currentTarget.value })
            }}
          />
        ) : null}
      </Group>
      {hasPassword ? (
        <Checkbox
          label={text.passwordRemove}
          checked={form.removesPassword}
          onChange={(event) => {
            change({ removesPassword: event.currentTarget.checked })
          }}
        />
      ) : null}
      <Textarea
        label={text.extra}
        description={text.extraHint}
        autosize
        minRows={2}
        maxRows={12}
        styles={mono}
        placeholder={kind.extra}
        value={form.extra}
        error={errors['extra']}
        onChange={(event) => {
          change({ extra: event.currentTarget.value })
        }}
      />
      <TextInput
        label={text.description}
        maxLength={2000}
        value={form.description}
        error={errors['description']}
        onChange={(event) => {
          change({ description: event.currentTarget.value })
        }}
      />
    </>
  )
}
