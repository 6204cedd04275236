/** Asks for the API key of a connection whose key is not kept, or was refused. */
import { Alert, Button, Group, PasswordInput, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import type { Connection } from '#bridge/channels.ts'
import { errorText } from '../../api/errors.ts'
import { desktopStrings } from '../../strings/desktop.ts'
import { call } from './bridge.ts'
import { Dialog } from '../../ui/Dialog.tsx'

const text = desktopStrings

interface KeyDialogProps {
  connection: Connection
  isRefused: boolean
  /** The keychain will keep it. */
  isKept: boolean
  onClose: () => void
}

export function KeyDialog({ connection, isRefused, isKept, onClose }: KeyDialogProps) {
  const [key, setKey] = useState('')
  const [problem, setProblem] = useState(isRefused ? text.refused(connection.name) : null)
  const [isBusy, setIsBusy] = useState(false)
  const connect = async () => {
    setIsBusy(true)
    try {
      const api_key = key.trim()
      const { is_ok, message } = await call('connections.test', { id: connection.id, url: connection.url ?? '', api_key })
      if (is_ok) await call('connections.open', { id: connection.id, api_key })
      else setProblem(message)
    } catch (error) {
      setProblem(errorText(error))
    }
    setIsBusy(false)
  }
  return (
    <Dialog onClose={onClose} size="md" title={text.askTitle(connection.name)}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void connect()
        }}
      >
        <Stack>
          <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {connection.url}
          </Text>
          {problem === null ? null : (
            <Alert color="red" role="alert" style={{ overflowWrap: 'anywhere' }}>
              {problem}
            </Alert>
          )}
          <PasswordInput
            label={text.key}
            description={isKept ? text.askKept : text.askText}
            required
            data-autofocus
            autoComplete="off"
            maxLength={500}
            value={key}
            onChange={({ currentTarget }) => {
              setKey(currentTarget.value)
            }}
          />
          <Group justify="flex-end">
            <Button type="submit" disabled={key.trim() === ''} loading={isBusy}>
              {text.askSubmit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}
