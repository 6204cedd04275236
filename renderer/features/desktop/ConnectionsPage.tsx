/** The connections of the desktop app. It needs no server: it is where one is chosen. */
import { ActionIcon, Alert, Badge, Button, Container, Group, Menu, Paper, Stack, Text, Title } from '@mantine/core'
import { IconAlertTriangle, IconDots, IconFolder, IconPencil, IconPlus, IconShieldExclamation, IconTrash } from '@tabler/icons-react'
import { getRouteApi } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { isUnencrypted } from '#bridge/unencrypted.ts'
import type { Connection, ServerState } from '#bridge/channels.ts'
import { KeyListener } from '../../commands/index.ts'
import { desktopStrings } from '../../strings/desktop.ts'
import { strings } from '../../strings.ts'
import { tellError } from '../../ui/act.ts'
import { confirmAction } from '../../ui/confirm.ts'
import { Instant } from '../../ui/Instant.tsx'
import { call, useConnections, useServerState } from './bridge.ts'
import classes from './ConnectionsPage.module.css'

const ConnectionForm = lazy(() => import('./ConnectionForm.tsx').then(({ ConnectionForm: component }) => ({ default: component })))
const KeyDialog = lazy(() => import('./KeyDialog.tsx').then(({ KeyDialog: component }) => ({ default: component })))
const text = desktopStrings
const route = getRouteApi('/connections')

export function ConnectionsPage() {
  const list = useConnections()
  const state = useServerState()
  const navigate = route.useNavigate()
  const { ask, refused } = route.useSearch()
  const [edited, setEdited] = useState<Connection | 'new' | null>(null)
  const asked = list?.connections.find(({ id }) => id === ask) ?? null

  const open = (connection: Connection) => {
    if (connection.key === 'missing') void navigate({ search: { ask: connection.id } })
    else void call('connections.open', { id: connection.id, api_key: null }).catch(tellError)
  }
  if (list === null) return null
  return (
    <Container size="md" py="xl" component="main" id="content">
      <title>{`${text.connections} · ${strings.product}`}</title>
      <Group justify="space-between" align="flex-end" mb="xs" wrap="wrap">
        <Title order={1} size="h2">
          {text.connections}
        </Title>
        <Button
          leftSection={<IconPlus size={16} />}
          onClick={() => {
            setEdited('new')
          }}
        >
          {text.add}
        </Button>
      </Group>
      <Text c="dimmed" size="sm" mb="lg">
        {text.lead}
      </Text>
      {list.keychain.problem === null ? null : (
        <Alert color="yellow" icon={<IconShieldExclamation size={18} />} title={text.noKeychain} mb="lg">
          {list.keychain.problem}
        </Alert>
      )}
      <Stack gap="sm" component="ul" className={classes['list']}>
        {list.connections.map((connection) => (
          <Row
            key={connection.id}
            connection={connection}
            isCurrent={connection.id === list.current}
            server={connection.url === null ? state : null}
            onOpen={() => {
              open(connection)
            }}
            onEdit={() => {
              setEdited(connection)
            }}
          />
        ))}
      </Stack>
      <KeyListener />
      <Suspense>
        {edited === null ? null : (
          <ConnectionForm
            connection={edited === 'new' ? null : edited}
            onClose={() => {
              setEdited(null)
            }}
          />
        )}
        {asked === null ? null : (
          <KeyDialog
            connection={asked}
            isRefused={refused === true}
            isKept={list.keychain.is_available}
            onClose={() => void navigate({ search: {}, replace: true })}
          />
        )}
      </Suspense>
    </Container>
  )
}

interface RowProps {
  connection: Connection
  isCurrent: boolean
  server: ServerState | null
  onOpen: () => void
  onEdit: () => void
}

function Row({ connection, isCurrent, server, onOpen, onEdit }: RowProps) {
  const { name, url, color, environment, key, last_used_at, safe_mode } = connection
  const mark = text.safeModeMarks[safe_mode]
  return (
    <Paper component="li" withBorder p="md" className={classes['row']} style={{ borderLeftColor: `var(--mantine-color-${color}-7)` }}>
      <div className={classes['words']}>
        <Group gap="xs">
          <Text fw={600} className="ellipsis">
            {name}
          </Text>
          <Badge size="sm" variant="outline" color="gray" autoContrast={false} className={classes['badge']}>
            {text.environments[environment]}
          </Badge>
          {isCurrent ? (
            <Text size="xs" c="dimmed">
              {text.opened}
            </Text>
          ) : null}
        </Group>
        <Text size="sm" c="dimmed" className={classes['address']}>
          {url ??
            (server?.phase === 'found' ? text.found : server?.dags_folder ? text.dagsFolder(server.dags_folder) : text.keys.not_needed)}
        </Text>
        {url !== null && isUnencrypted(url) ? (
          <Group gap={6} wrap="nowrap" align="flex-start">
            <IconAlertTriangle size={16} className={classes['sign'] ?? ''} aria-hidden />
            <Text size="sm">{text.unencrypted}</Text>
          </Group>
        ) : null}
        {url === null ? null : (
          <Text size="xs" c="dimmed">
            {text.keys[key]} · {text.lastUsed} {last_used_at === null ? text.never : <Instant at={last_used_at} />}
            {mark === null ? null : ` · ${mark}`}
          </Text>
        )}
      </div>
      <Group gap={4} wrap="nowrap">
        <Button variant={isCurrent ? 'filled' : 'default'} onClick={onOpen}>
          {text.open}
        </Button>
        <RowMenu connection={connection} onEdit={onEdit} />
      </Group>
    </Paper>
  )
}

function RowMenu({ connection: { id, url, name, notifies }, onEdit }: Pick<RowProps, 'connection' | 'onEdit'>) {
  const remove = () => {
    confirmAction({
      title: text.removeTitle(name),
      text: text.removeText,
      confirm: text.remove,
      danger: true,
      onConfirm: () => void call('connections.remove', { id }).catch(tellError),
    })
  }
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon size="lg" aria-label={text.more(name)}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.CheckboxItem
          closeMenuOnClick
          checked={notifies}
          onChange={(next) => void call('connections.notify', { id, notifies: next }).catch(tellError)}
        >
          {text.notify}
        </Menu.CheckboxItem>
        {url === null ? (
          <Menu.Item leftSection={<IconFolder size={16} />} onClick={() => void call('dags_folder.choose', {}).catch(tellError)}>
            {text.chooseFolder}
          </Menu.Item>
        ) : (
          <>
            <Menu.Item leftSection={<IconPencil size={16} />} onClick={onEdit}>
              {text.edit}
            </Menu.Item>
            <Menu.Item leftSection={<IconTrash size={16} />} onClick={remove}>
              {text.remove}
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
