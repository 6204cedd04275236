/**
 * The navigation: one table for the sidebar, the palette's "Go to" and their keys. A page adds a line. A group without an entry
 * that the person may see is not shown.
 */
import {
  IconActivity,
  IconCalendarClock,
  IconDatabase,
  IconFileCode,
  IconHome,
  IconKey,
  IconLock,
  IconPlayerPlay,
  IconPlugConnected,
  IconServer,
  IconSitemap,
  IconSwimming,
  IconUsers,
  IconVariable,
  type Icon,
} from '@tabler/icons-react'
import type { LinkProps } from '@tanstack/react-router'
import type { Role } from '#contract/states.ts'
import { strings } from '../../strings.ts'

export interface NavEntry {
  to: NonNullable<LinkProps['to']>
  label: string
  icon: Icon
  /** Keys that go there, as in commands/registry.ts. */
  keys?: readonly string[]
  /** The weakest role that sees it; absent = everybody. */
  role?: Role
}
export interface NavGroup {
  /** null = the first group, which needs no name. */
  label: string | null
  entries: readonly NavEntry[]
}

const { nav } = strings

export const NAVIGATION: readonly NavGroup[] = [
  {
    label: null,
    entries: [
      { to: '/', label: nav.home, icon: IconHome, keys: ['shift+h'] },
      { to: '/dags', label: nav.dags, icon: IconSitemap, keys: ['shift+d'] },
      { to: '/runs', label: nav.runs, icon: IconPlayerPlay, keys: ['shift+r'] },
      { to: '/assets', label: strings.assets.title, icon: IconDatabase },
      { to: '/files', label: strings.files.title, icon: IconFileCode, keys: ['shift+e'] },
      { to: '/schedules', label: strings.preview.nav, icon: IconCalendarClock },
    ],
  },
  {
    label: nav.admin,
    entries: [
      { to: '/admin/workers', label: strings.workers.title, icon: IconServer },
      { to: '/admin/pools', label: strings.pools.title, icon: IconSwimming },
      { to: '/admin/variables', label: strings.variables.title, icon: IconVariable, role: 'Operator' },
      { to: '/admin/connections', label: strings.connections.title, icon: IconPlugConnected, role: 'Operator' },
      { to: '/admin/secrets', label: strings.secrets.title, icon: IconLock, role: 'Admin' },
      { to: '/admin/users', label: strings.users.title, icon: IconUsers, role: 'Admin' },
      { to: '/admin/api-keys', label: strings.apiKeys.title, icon: IconKey },
      { to: '/admin/system', label: strings.system.title, icon: IconActivity },
    ],
  },
]

/** Whether the entry's page, or one below it, is open. */
export function isWithin(entry: NavEntry, path: string): boolean {
  return entry.to === '/' ? path === '/' : path === entry.to || path.startsWith(`${entry.to}/`)
}
