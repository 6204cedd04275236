/** Adds or changes a remote connection; a test says whether server and key are right before anything is saved. */
import { Alert, Button, ColorSwatch, Group, PasswordInput, Radio, Select, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { isUnencrypted } from '#bridge/unencrypted.ts'
import type { CallOutput, Connection, ConnectionDraft } from '#bridge/channels.ts'
import { errorText } from '../../api/errors.ts'
import { desktopStrings } from '../../strings/desktop.ts'
import { call } from './bridge.ts'
import classes from './ConnectionForm.module.css'
import { Dialog } from '../../ui/Dialog.tsx'

const text = desktopStrings
const COLORS = Object.keys(text.colors) as Connection['color'][]
const SAFE_MODES = Object.keys(text.safeModes) as Connection['safe_mode'][]
const ENVIRONMENTS = (Object.keys(text.environments) as Connection['environment'][]).filter((name) => name !== 'local')

export function ConnectionForm({ connection, onClose }: { connection: Connection | null; onClose: () => void }) {
  const [draft, setDraft] = useState<ConnectionDraft>({
    id: connection?.id ?? null,
    name: connection?.name ?? '',
    url: connection?.url ?? '',
    color: connection?.color ?? 'blue',
    environment: connection?.environment ?? 'production',
    safe_mode: connection?.safe_mode ?? 'allow',
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
    <Dialog onClose={onClose} title={connection === null ? text.addTitle : text.editTitle(connection.name)}>
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
          {isUnencrypted(draft.url.trim()) ? <Alert color="yellow">{text.unencrypted}</Alert> : null}
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
    </Dialog>
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
      <Select
        label={text.safeMode}
        allowDeselect={false}
        data={SAFE_MODES.map((value) => ({ value, label: text.safeModes[value] }))}
        value={draft.safe_mode}
        onChange={(value) => {
          const safe_mode = SAFE_MODES.find((one) => one === value)
          if (safe_mode !== undefined) set({ safe_mode })
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
