/**
 * What the desktop app adds around every page: the stripe of the connection, what the local server and a pending quit have to say, and the
 * way between native menu and command registry. Loaded in the desktop app only, and beside the router: it has something to say while the
 * first page still waits for the server.
 */
import { Button, Group, Loader, Paper, Text } from '@mantine/core'
import { useEffect, useState } from 'react'
import { isUnencrypted } from '#bridge/unencrypted.ts'
import type { Connection, QuitState, ServerState } from '#bridge/channels.ts'
import { commandRegistry } from '../../commands/registry.ts'
import { useCommands } from '../../commands/index.ts'
import { desktopStrings } from '../../strings/desktop.ts'
import { tell, tellError } from '../../ui/act.ts'
import { call, listen, useConnections, useServerState } from './bridge.ts'
import classes from './DesktopFrame.module.css'

const text = desktopStrings
/** A start that is over before this is not worth a word. */
const PATIENCE_MS = 1_500

interface DesktopFrameProps {
  /** Shows a view of the page. */
  openPath: (path: string) => void
  onServerBack: () => void
}

export function DesktopFrame({ openPath, onServerBack }: DesktopFrameProps) {
  const list = useConnections()
  const state = useServerState()
  const connection = list?.connections.find(({ id }) => id === list.current) ?? null
  useEffect(sendCommandsToMenu, [])
  useEffect(
    () =>
      listen('page.open', ({ path }) => {
        openPath(path)
      }),
    [openPath],
  )
  useDesktopCommands(state, openPath)
  useBackAgain(state, onServerBack)
  return (
    <>
      {connection === null ? null : <Stripe connection={connection} />}
      <Notices state={state} />
    </>
  )
}

/** Colours so light that dark words are read better on them. */
const LIGHT = new Set<Connection['color']>(['yellow', 'orange', 'green', 'teal'])

function Stripe({ connection: { name, color, environment, url, safe_mode } }: { connection: Connection }) {
  const isLocal = environment === 'local'
  const marks = [
    text.environments[environment],
    text.safeModeMarks[safe_mode],
    url !== null && isUnencrypted(url) ? text.unencryptedMark : null,
  ].filter((mark) => mark !== null)
  const mark = LIGHT.has(color)
    ? { background: `var(--mantine-color-${color}-4)`, color: '#000' }
    : { background: `var(--mantine-color-${color}-9)`, color: '#fff' }
  return (
    <aside
      className={classes['stripe']}
      data-local={isLocal}
      style={{ background: `var(--mantine-color-${color}-7)` }}
      aria-label={text.current(name, marks)}
    >
      {isLocal ? null : (
        <span className={classes['mark']} style={mark}>
          {[name, ...marks].join(' · ')}
        </span>
      )}
    </aside>
  )
}

function Notices({ state }: { state: ServerState | null }) {
  const [quit, setQuit] = useState<QuitState | null>(null)
  useEffect(() => listen('quit.changed', setQuit), [])
  const isSlow = useIsSlow(state?.phase === 'starting')
  const notice =
    quit !== null ? (
      <Draining {...quit} />
    ) : state?.phase === 'restarting' || state?.phase === 'failed' ? (
      <ServerNotice state={state} />
    ) : isSlow ? (
      <Text size="sm">{text.starting}</Text>
    ) : null
  return (
    <div role="status" className={classes['notices']}>
      {notice === null ? null : (
        <Paper withBorder shadow="md" p="sm" radius="md">
          {notice}
        </Paper>
      )}
    </div>
  )
}

function ServerNotice({ state }: { state: ServerState }) {
  return (
    <Group gap="sm" wrap="nowrap">
      {state.phase === 'restarting' ? <Loader size="xs" /> : null}
      <Text size="sm" className={classes['words']}>
        {state.message}
      </Text>
      <Button size="xs" flex="none" variant="default" onClick={() => void call('server.show_log', {}).catch(tellError)}>
        {text.showLog}
      </Button>
      {state.phase === 'failed' ? (
        <Button size="xs" flex="none" onClick={() => void call('server.restart', {}).catch(tellError)}>
          {text.retry}
        </Button>
      ) : null}
    </Group>
  )
}

function Draining({ running }: QuitState) {
  const choose = (choice: 'stop' | 'cancel') => void call('quit.choose', { choice }).catch(tellError)
  return (
    <Group gap="sm" wrap="nowrap">
      <Loader size="xs" />
      <Text size="sm" className={classes['words']}>
        {text.draining(running)}
      </Text>
      <Button
        size="xs"
        flex="none"
        variant="default"
        onClick={() => {
          choose('cancel')
        }}
      >
        {text.keepOpen}
      </Button>
      <Button
        size="xs"
        flex="none"
        color="red"
        onClick={() => {
          choose('stop')
        }}
      >
        {text.stopNow}
      </Button>
    </Group>
  )
}

function useIsSlow(isWaiting: boolean): boolean {
  const [isSlow, setIsSlow] = useState(false)
  useEffect(() => {
    setIsSlow(false)
    if (!isWaiting) return
    const timer = setTimeout(() => {
      setIsSlow(true)
    }, PATIENCE_MS)
    return () => {
      clearTimeout(timer)
    }
  }, [isWaiting])
  return isSlow
}

/** Says once that all is well again. */
function useBackAgain(state: ServerState | null, onBack: () => void): void {
  const phase = state?.phase
  const [wasAway, setWasAway] = useState(false)
  useEffect(() => {
    if (phase === 'restarting' || phase === 'failed') setWasAway(true)
    else if (wasAway && (phase === 'ready' || phase === 'found')) {
      setWasAway(false)
      tell(text.back)
      onBack()
    }
  }, [phase, wasAway])
}

function useDesktopCommands(state: ServerState | null, openPath: (path: string) => void): void {
  const isOurs = state !== null && state.phase !== 'remote' && state.phase !== 'found'
  useCommands([
    {
      id: 'desktop:connections',
      title: text.showConnections,
      group: 'go',
      keys: ['mod+shift+k'],
      run: () => {
        openPath('/connections')
      },
    },
    ...(isOurs
      ? [
          {
            id: 'desktop:restart',
            title: text.restart,
            group: 'act' as const,
            run: () => void call('server.restart', {}).catch(tellError),
          },
        ]
      : []),
  ])
}

/** The native menu shows the registry as it is, and runs its commands. */
function sendCommandsToMenu(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const send = () => {
    timer = undefined
    const commands = commandRegistry.list().map(({ id, title, group, keys }) => ({ id, title, group, keys: keys?.[0] ?? null }))
    void call('menu.set', { commands }).catch(tellError)
  }
  // A page that comes registers its commands one after the other.
  const soon = () => {
    timer ??= setTimeout(send, 50)
  }
  soon()
  const stops = [
    commandRegistry.subscribe(soon),
    listen('command.run', ({ id }) => {
      commandRegistry
        .list()
        .find((command) => command.id === id)
        ?.run()
    }),
  ]
  return () => {
    clearTimeout(timer)
    for (const stop of stops) stop()
  }
}
