/** The frame around every page: header with lamp and menus, navigation, live connection, commands of everywhere, trigger dialog. */
import {
  ActionIcon,
  AppShell,
  Burger,
  Group,
  Image,
  NavLink,
  Text,
  Tooltip,
  UnstyledButton,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconKeyboard, IconSearch } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useState, useSyncExternalStore } from 'react'
import { ROLES } from '#contract/states.ts'
import { connectLiveEvents } from '../../api/liveEvents.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { KeyListener, openPalette, paletteRequest, useCommands } from '../../commands/index.ts'
import { KeyCaps } from '../../commands/KeyCaps.tsx'
import { strings } from '../../strings.ts'
import { nextTimeMode, setTimeMode } from '../../ui/timeMode.ts'
import { useMayOperate, useMe, useSignOut } from '../session/index.ts'
import classes from './AppFrame.module.css'
import { TimeMenu, UserMenu } from './HeaderMenus.tsx'
import { LiveLamp } from './LiveLamp.tsx'
import { isWithin, NAVIGATION, type NavEntry } from './navigation.ts'

// What is not in the first picture is loaded after it.
const CommandPalette = lazy(() =>
  import('../../commands/CommandPalette.tsx').then(({ CommandPalette: component }) => ({ default: component })),
)
const ShortcutSheet = lazy(() =>
  import('../../commands/ShortcutSheet.tsx').then(({ ShortcutSheet: component }) => ({ default: component })),
)
const TriggerDialog = lazy(() => import('../trigger/index.ts').then(({ TriggerDialog: component }) => ({ default: component })))
/** A page that is never idle loads it then. */
const IDLE_MS = 4_000
const route = getRouteApi('/_app')

/** The palette is there before it is asked for, but loads after what the page itself needs. */
function useIdlePage(): boolean {
  const [isIdle, setIdle] = useState(false)
  useEffect(() => {
    const whenIdle = () => {
      setIdle(true)
    }
    // Some browsers have no such call.
    if (!('requestIdleCallback' in globalThis)) {
      const timer = setTimeout(whenIdle, IDLE_MS)
      return () => {
        clearTimeout(timer)
      }
    }
    const asked = requestIdleCallback(whenIdle, { timeout: IDLE_MS })
    return () => {
      cancelIdleCallback(asked)
    }
  }, [])
  return isIdle
}

export function AppFrame() {
  const client = useQueryClient()
  const { trigger, conf_of, logical_date } = route.useSearch()
  const navigate = useNavigate()
  const [isNavOpen, nav] = useDisclosure(false)
  const [isSheetOpen, sheet] = useDisclosure(false)
  const isPaletteWanted = useSyncExternalStore(paletteRequest.subscribe, paletteRequest.wasMade)
  const isIdle = useIdlePage()
  const path = usePath()
  useEffect(() => connectLiveEvents(client, () => void client.invalidateQueries({ queryKey: queryKeys.me })), [client])
  useEffect(nav.close, [path])
  useGlobalCommands(sheet.toggle)

  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: 200, breakpoint: 'sm', collapsed: { mobile: !isNavOpen } }}
      padding={0}
      classNames={{ header: classes['header'] ?? '', navbar: classes['navbar'] ?? '', main: classes['main'] ?? '' }}
    >
      <a href="#content" className="skip-link">
        {strings.nav.skip}
      </a>
      <AppShell.Header>
        <Group h="100%" px="sm" gap="xs" wrap="nowrap" justify="space-between">
          <Group gap="xs" wrap="nowrap" className={classes['side'] ?? ''}>
            <Burger
              opened={isNavOpen}
              onClick={nav.toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={isNavOpen ? strings.nav.close : strings.nav.open}
            />
            <UnstyledButton component={Link} to="/" className={classes['brand']} aria-label={strings.product}>
              <Image src="/icon.svg" w={26} h={26} alt="" />
              <Text fw={700} size="md" visibleFrom="xs" lts={0.6}>
                {strings.product}
              </Text>
            </UnstyledButton>
          </Group>
          <UnstyledButton className={classes['search']} onClick={openPalette} visibleFrom="sm">
            <IconSearch size={15} />
            <span>{strings.commands.placeholder}</span>
            <KeyCaps keys="mod+k" />
          </UnstyledButton>
          <Group gap={4} wrap="nowrap" justify="flex-end" className={classes['side'] ?? ''}>
            <LiveLamp />
            <ActionIcon size="lg" hiddenFrom="sm" onClick={openPalette} aria-label={strings.commands.palette}>
              <IconSearch size={19} stroke={1.7} />
            </ActionIcon>
            <Tooltip label={strings.commands.sheet}>
              <ActionIcon size="lg" visibleFrom="xs" onClick={sheet.open} aria-label={strings.commands.sheet}>
                <IconKeyboard size={20} stroke={1.7} />
              </ActionIcon>
            </Tooltip>
            <TimeMenu />
            <UserMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label={strings.nav.main}>
        <Navigation />
      </AppShell.Navbar>
      <AppShell.Main id="content">
        <Outlet />
      </AppShell.Main>
      <KeyListener />
      {isPaletteWanted || isIdle ? (
        <Suspense>
          <CommandPalette />
        </Suspense>
      ) : null}
      {isSheetOpen ? (
        <Suspense>
          <ShortcutSheet onClose={sheet.close} />
        </Suspense>
      ) : null}
      {trigger === undefined ? null : (
        <Suspense>
          <TriggerDialog
            dagId={trigger}
            confOf={conf_of}
            logicalDate={logical_date}
            onClose={() =>
              void navigate({ to: '.', search: ({ trigger: _, conf_of: __, logical_date: ___, ...rest }) => rest, replace: true })
            }
            onPick={(dagId) => void navigate({ to: '.', search: (before) => ({ ...before, trigger: dagId }), replace: true })}
          />
        </Suspense>
      )}
    </AppShell>
  )
}

const usePath = () => useRouterState({ select: (state) => state.location.pathname })

/** Entries that the person's role may see. */
function useNavigation(): { label: string | null; entries: NavEntry[] }[] {
  const role = useMe()?.role ?? 'Viewer'
  return NAVIGATION.map(({ label, entries }) => ({
    label,
    entries: entries.filter((entry) => entry.role === undefined || ROLES.indexOf(role) >= ROLES.indexOf(entry.role)),
  })).filter(({ entries }) => entries.length > 0)
}

function Navigation() {
  const path = usePath()
  return useNavigation().map(({ label, entries }) => (
    <div key={label ?? ''} role="group" {...(label === null ? {} : { 'aria-label': label })}>
      {label === null ? null : <div className={classes['navGroup']}>{label}</div>}
      {entries.map((entry) => (
        <NavLink
          key={entry.to}
          component={Link}
          to={entry.to}
          label={entry.label}
          leftSection={<entry.icon size={18} stroke={1.7} />}
          active={isWithin(entry, path)}
        />
      ))}
    </div>
  ))
}

function useGlobalCommands(toggleSheet: () => void): void {
  const navigate = useNavigate()
  const signOut = useSignOut()
  const mayOperate = useMayOperate()
  const { setColorScheme } = useMantineColorScheme()
  const scheme = useComputedColorScheme('light')
  useCommands([
    { id: 'palette', title: strings.commands.palette, group: 'help', keys: ['mod+k'], fallbackKeys: ['/'], run: openPalette },
    { id: 'shortcuts', title: strings.commands.sheet, group: 'help', keys: ['?'], run: toggleSheet },
    ...useNavigation().flatMap(({ entries }) =>
      entries.map((entry) => ({
        id: `go:${entry.to}`,
        title: strings.commands.goTo(entry.label),
        group: 'go' as const,
        ...(entry.keys ? { keys: entry.keys } : {}),
        run: () => void navigate({ to: entry.to }),
      })),
    ),
    ...(mayOperate
      ? [
          {
            id: 'trigger-dag',
            title: strings.trigger.command,
            group: 'act' as const,
            run: () => void navigate({ to: '.', search: (before) => ({ ...before, trigger: '*' }) }),
          },
        ]
      : []),
    {
      id: 'theme',
      title: strings.commands.cycleTheme,
      group: 'view',
      keys: ['shift+l'],
      run: () => {
        setColorScheme(scheme === 'dark' ? 'light' : 'dark')
      },
    },
    {
      id: 'time-mode',
      title: strings.commands.cycleTime,
      group: 'view',
      keys: ['shift+z'],
      run: () => {
        setTimeMode(nextTimeMode())
      },
    },
    {
      id: 'sign-out',
      title: strings.commands.signOut,
      group: 'act',
      run: () => {
        signOut()
      },
    },
  ])
}
