/** Shows a page only to roles that the API serves; the others read why, instead of a refusal. */
import { IconLock } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { ROLES, type Role } from '#contract/states.ts'
import { strings } from '../../strings.ts'
import { Empty } from '../../ui/PageState.tsx'
import { useMe } from '../session/index.ts'

export function useHasRole(role: Role): boolean {
  const own = useMe()?.role
  return own !== undefined && ROLES.indexOf(own) >= ROLES.indexOf(role)
}

export function RoleGate({ role, children }: { role: Role; children: ReactNode }) {
  const own = useMe()?.role ?? ''
  if (useHasRole(role)) return children
  return <Empty isPage title={strings.admin.needsRole(role)} text={strings.admin.needsRoleText(role, own)} icon={IconLock} />
}
