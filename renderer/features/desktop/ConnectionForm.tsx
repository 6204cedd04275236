/** Adds or changes a remote connection; a test says whether server and key are right before anything is saved. */
import { Alert, Button, ColorSwatch, Group, Modal, PasswordInput, Radio, Select, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { CallOutput, Connection, ConnectionDraft } from '#bridge/channels.ts'
import { errorText } from '../../api/errors.ts'
import { desktopStrings } from '../../strings/desktop.ts'
import { strings } from '../../strings.ts'
import { call } from './bridge.ts'
import classes from './ConnectionForm.module.css'

const text = desktopStrings
const COLORS = Object.keys(text.colors) as Connection['color'][]
const ENVIRONMENTS = (Object.keys(text.environments) as Connection['environment'][]).filter((name) => name !== 'local')

export function ConnectionForm({ connection, onClose }: { connection: Connection | null; onClose: () => void }) {
  const [draft, setDraft] = useState<ConnectionDraft>({
    id: connection?.id ?? null,
    name: connection?.name ?? '',
    url: connection?.url ?? '',
    color: connection?.color ?? 'blue',
    environment: connection?.environment ?? 'production',
    api_key: null,
  })
  const [result, setResult] = useState<CallOutput<'connections.test'> | null>(null)
  const [busy, setBusy] = useState<'test' | 'save' | null>(null)
  const set = (change: Partial<ConnectionDraft>) => {
    setDraft({ ...draft, ...change })
    setResult(null)
  }
  const doing = async (what: 'test' | 'save', work: () => Promise<void>) => {
    setBusy(what)
    await work().catch((error: unknown) => {
      setResult({ is_ok: false, message: errorText(error) })
    })
    setBusy(null)
  }
  const test = () =>
    doing('test', async () => {
      setResult(await call('connections.test', { id: draft.id, url: draft.url, api_key: draft.api_key }))
    })
  const save = () =>
    doing('save', async () => {
      await call('connections.save', draft)
      onClose()
    })
  const hasAddress = draft.url.trim().length >= 8
  return (
    <Modal
      opened
      onClose={onClose}
      title={connection === null ? text.addTitle : text.editTitle(connection.name)}
      closeButtonProps={{ 'aria-label': strings.common.close }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        <Stack>
          <TextInput
            label={text.name}
            required
            maxLength={80}
            data-autofocus
            value={draft.name}
            onChange={({ currentTarget }) => {
              set({ name: currentTarget.value })
            }}
          />
          <TextInput
            label={text.url}
            required
            type="url"
            maxLength={500}
            placeholder={text.urlPlaceholder}
            value={draft.url}
            onChange={({ currentTarget }) => {
              set({ url: currentTarget.value })
            }}
          />
          <PasswordInput
            label={text.key}
            description={connection?.key === 'kept' ? text.keyKept : text.keyWhere}
            autoComplete="off"
            maxLength={500}
            value={draft.api_key ?? ''}
            onChange={({ currentTarget }) => {
              set({ api_key: currentTarget.value.trim() === '' ? null : currentTarget.value.trim() })
            }}
          />
          <Looks draft={draft} set={set} />
          <div role="status">
            {result === null ? null : (
              <Alert color={result.is_ok ? 'green' : 'red'} className={classes['result'] ?? ''}>
                {result.message}
              </Alert>
            )}
          </div>
          <Group justify="flex-end">
            <Button variant="default" disabled={!hasAddress} loading={busy === 'test'} onClick={() => void test()}>
              {text.test}
            </Button>
            <Button type="submit" disabled={!hasAddress || draft.name.trim() === ''} loading={busy === 'save'}>
              {text.save}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

function Looks({ draft, set }: { draft: ConnectionDraft; set: (change: Partial<ConnectionDraft>) => void }) {
  return (
    <>
      <Select
        label={text.environment}
        allowDeselect={false}
        data={ENVIRONMENTS.map((value) => ({ value, label: text.environments[value] }))}
        value={draft.environment}
        onChange={(value) => {
          const environment = ENVIRONMENTS.find((one) => one === value)
          if (environment !== undefined) set({ environment })
        }}
      />
      <Radio.Group
        label={text.color}
        value={draft.color}
        onChange={(value) => {
          const color = COLORS.find((one) => one === value)
          if (color !== undefined) set({ color })
        }}
      >
        <Group gap="md" mt={6}>
          {COLORS.map((color) => (
            <Radio
              key={color}
              value={color}
              label={
                <Group gap={6} wrap="nowrap">
                  <ColorSwatch size={14} color={`var(--mantine-color-${color}-7)`} withShadow={false} />
                  {text.colors[color]}
                </Group>
              }
            />
          ))}
        </Group>
      </Radio.Group>
    </>
  )
}
