/** Who is signed in, and ending the session. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Role } from '#contract/states.ts'
import { api } from '../../api/client.ts'
import { meQuery } from '../../api/queries.ts'
import { keptInBrowser } from '../../lib/keptInBrowser.ts'
import { strings } from '../../strings.ts'
import { tellError } from '../../ui/act.ts'
import { confirmAction } from '../../ui/confirm.ts'
import { isDesktop } from '../desktop/index.ts'

export function useMe(): { username: string; role: Role } | null {
  return useQuery(meQuery).data ?? null
}

/** Operators and Admins may change things; the server refuses the others anyway, this only keeps controls honest. */
export function useMayOperate(): boolean {
  const role = useMe()?.role
  return role === 'Operator' || role === 'Admin'
}

/** Ends the session; asks first if the browser holds text that was never saved, as that goes with it. */
export function useSignOut(): () => void {
  const client = useQueryClient()
  const username = useMe()?.username ?? ''
  const { mutate } = useMutation({
    // The desktop app has no session of its own: leaving a server is choosing another.
    mutationFn: () => (isDesktop() ? Promise.resolve(null) : api.logout()),
    onSuccess: () => {
      client.clear()
      if (!isDesktop()) keptInBrowser.end()
      // A fresh page: nothing of the session stays in memory.
      window.location.assign(isDesktop() ? '/connections' : '/sign-in')
    },
    onError: tellError,
  })
  return () => {
    const drafts = isDesktop() ? [] : keptInBrowser.names(username, 'draft')
    const { out, draftsTitle, draftsText } = strings.signIn
    const signOut = () => {
      mutate()
    }
    if (drafts.length === 0) signOut()
    else confirmAction({ title: draftsTitle, text: draftsText(drafts), confirm: out, danger: true, onConfirm: signOut })
  }
}
