/**
 * One-time sign-in links: `…/#token=T` or `…/sign-in?link=T`. The token is taken out of the address at once; what is left of the
 * address stays.
 */
interface Page {
  location: { href: string; hash: string; pathname: string }
  history: { replaceState: (data: unknown, unused: string, url: string) => void }
}

export function takeSignInToken(page: Page): string | null {
  const url = new URL(page.location.href)
  const hash = new URLSearchParams(url.hash.slice(1))
  const fromHash = hash.get('token')
  const fromLink = url.pathname === '/sign-in' ? url.searchParams.get('link') : null
  const token = fromHash ?? fromLink
  if (token === null) return null
  hash.delete('token')
  url.hash = hash.toString()
  url.searchParams.delete('link')
  page.history.replaceState(null, '', url.pathname + url.search + url.hash)
  return token
}

/** A page to return to after sign-in: a path of this site only, never `//host` or a URL. */
export function safeNext(next: string | undefined): string {
  return next !== undefined && /^\/(?![/\\])/.test(next) && !next.startsWith('/sign-in') ? next : '/dags'
}
