/** Addresses of controllers, as people type them. */

/** The origin and path without a trailing slash. Throws with a sentence for people. */
export function parseServerUrl(text: string): string {
  const typed = text.trim()
  const url = URL.canParse(typed) ? new URL(typed) : null
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new Error(`"${typed}" is not a server address. It looks like https://vortex.example:3000.`)
  if (url.username !== '' || url.password !== '') throw new Error('Put no user or password into the address; give an API key instead.')
  if (url.search !== '' || url.hash !== '') throw new Error('The address ends before "?" and "#": it is the server, not one of its pages.')
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}
