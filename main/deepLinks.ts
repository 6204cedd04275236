/** Links of the system to a page of the app: `vortex://<connection>/dags/<id>/runs/<run>`, connection by id or by name. */

export const LINK_SCHEME = 'vortex'
/** Longer than any page's address. */
const LINK_MAX = 2_000

export interface DeepLink {
  connection: string
  path: string
}

export function parseDeepLink(text: string): DeepLink | null {
  if (text.length > LINK_MAX || !URL.canParse(text)) return null
  const url = new URL(text)
  if (url.protocol !== `${LINK_SCHEME}:` || url.hostname === '') return null
  // A link may open a view, and nothing else: everything that changes something is a request of the page.
  if (!/^\/(dags|runs)(\/|$)/.test(url.pathname)) return { connection: url.hostname, path: '/' }
  return { connection: url.hostname, path: `${url.pathname}${url.search}` }
}

/** The link among the arguments of a start, if there is one. */
export function linkOf(args: readonly string[]): DeepLink | null {
  for (const arg of args) {
    const link = arg.startsWith(`${LINK_SCHEME}://`) ? parseDeepLink(arg) : null
    if (link !== null) return link
  }
  return null
}
