/** The cache of what pages have read, and what an ended session does to the page. */
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { isDesktop } from '../features/desktop/index.ts'
import { errorCode, isWorthRetrying } from './errors.ts'

/** Live events keep the cache fresh, so an entry is read again only when it was not watched for this long. */
const STALE_MS = 10_000

export function createQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError: leaveIfSignedOut }),
    mutationCache: new MutationCache({ onError: leaveIfSignedOut }),
    // The server may be this very computer: whether that is on the internet says nothing.
    defaultOptions: {
      mutations: { networkMode: 'always' },
      queries: {
        networkMode: 'always',
        staleTime: STALE_MS,
        retry: (failures, error) => failures < 2 && isWorthRetrying(error),
        refetchOnWindowFocus: false,
      },
    },
  })
  return client
}

/** The session ended while a page was open: sign in and come back to the same view. */
function leaveIfSignedOut(error: unknown): void {
  const { pathname, search } = window.location
  // The desktop app signs in by a key that this page does not know: it asks for another one itself.
  if (errorCode(error) !== 'unauthorized' || pathname === '/sign-in' || isDesktop()) return
  window.location.assign(`/sign-in?next=${encodeURIComponent(pathname + search)}`)
}
