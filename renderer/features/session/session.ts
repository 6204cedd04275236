/** Who is signed in, and ending the session. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Role } from '#contract/states.ts'
import { api } from '../../api/client.ts'
import { meQuery } from '../../api/queries.ts'
import { tellError } from '../../ui/act.ts'
import { isDesktop } from '../desktop/index.ts'

export function useMe(): { username: string; role: Role } | null {
  return useQuery(meQuery).data ?? null
}

/** Operators and Admins may change things; the server refuses the others anyway, this only keeps controls honest. */
export function useMayOperate(): boolean {
  const role = useMe()?.role
  return role === 'Operator' || role === 'Admin'
}

export function useSignOut() {
  const client = useQueryClient()
  return useMutation({
    // The desktop app has no session of its own: leaving a server is choosing another.
    mutationFn: () => (isDesktop() ? Promise.resolve(null) : api.logout()),
    onSuccess: () => {
      client.clear()
      // A fresh page: nothing of the session stays in memory.
      window.location.assign(isDesktop() ? '/connections' : '/sign-in')
    },
    onError: tellError,
  })
}
