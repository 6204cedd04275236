/** Where a controller is: `unix:PATH`, `http://host:port` (plaintext), `https://host:port` (TLS), or `host:port` (plaintext). */
export type ControllerAddress =
  { text: string; kind: 'socket'; path: string } | { text: string; kind: 'tcp'; host: string; port: number; tls: boolean }

/** Default port of a controller's swarm. */
const DEFAULT_PORT = 50_051

export class BadAddressError extends Error {
  override readonly name = 'BadAddressError'
}

export function parseController(text: string): ControllerAddress {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length)
    if (path === '') throw new BadAddressError('The controller address unix: lacks the path of the socket.')
    return { text, kind: 'socket', path }
  }
  const url = URL.parse(/^https?:\/\//.test(text) ? text : `http://${text}`)
  if (url === null || url.hostname === '' || url.pathname !== '/' || url.username !== '' || url.search !== '') {
    throw new BadAddressError(
      `${JSON.stringify(text)} is no controller address. Write http://host:50051, https://host:50051 or unix:/path/to/socket.`,
    )
  }
  const tls = url.protocol === 'https:'
  return { text, kind: 'tcp', host: url.hostname, port: portOf(text, url), tls }
}

/** URL leaves out a scheme's own port, which is not ours. */
function portOf(text: string, url: URL): number {
  if (url.port !== '') return Number(url.port)
  const written = /:(\d{1,5})\/?$/.exec(text)?.[1]
  return written === undefined ? DEFAULT_PORT : Number(written)
}

/** As grpc-js names it. */
export function grpcTarget(address: ControllerAddress): string {
  return address.kind === 'socket' ? `unix:${address.path}` : `dns:${address.host}:${address.port}`
}
