/**
 * One-time sign-in links: `/sign-in#link=T` (what the server prints: a fragment is never sent), `…#token=T` or `/sign-in?link=T`. The token is taken out of the address at once; what is left of the
 * address stays.
 */
interface Page {
  location: { href: string; hash: string; pathname: string }
  history: { replaceState: (data: unknown, unused: string, url: string) => void }
}

export function takeSignInToken(page: Page): string | null {
  const url = new URL(page.location.href)
  const hash = new URLSearchParams(url.hash.slice(1))
  const isSignIn = url.pathname === '/sign-in'
  const token = hash.get('token') ?? (isSignIn ? (hash.get('link') ?? url.searchParams.get('link')) : null)
  if (token === null) return null
  hash.delete('token')
  if (isSignIn) {
    hash.delete('link')
    url.searchParams.delete('link')
  }
  url.hash = hash.toString()
  page.history.replaceState(null, '', url.pathname + url.search + url.hash)
  return token
}

/** A page to return to after sign-in: a path of this site only, never `//host` or a URL. */
export function safeNext(next: string | undefined): string {
  return next !== undefined && /^\/(?![/\\])/.test(next) && !next.startsWith('/sign-in') ? next : '/'
}
