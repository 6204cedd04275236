/** A TCP proxy on loopback that a test can make silent (nothing is refused, nothing arrives) or cut. */
import { connect, createServer, type Socket } from 'node:net'

export interface NetworkProxy {
  port: number
  /** True = bytes are taken and kept; false = everything goes on, late. */
  setSilent(silent: boolean): void
  /** Breaks all connections. */
  cut(): void
  close(): Promise<void>
}

export async function startNetworkProxy(targetPort: () => number): Promise<NetworkProxy> {
  const pairs = new Set<{ client: Socket; upstream: Socket }>()
  let isSilent = false
  const apply = (pair: { client: Socket; upstream: Socket }): void => {
    for (const socket of [pair.client, pair.upstream]) {
      if (isSilent) socket.pause()
      else socket.resume()
    }
  }
  const server = createServer((client) => {
    const upstream = connect(targetPort(), '127.0.0.1')
    const pair = { client, upstream }
    pairs.add(pair)
    const cut = (): void => {
      client.destroy()
      upstream.destroy()
      pairs.delete(pair)
    }
    client.on('data', (bytes) => upstream.write(bytes))
    upstream.on('data', (bytes) => client.write(bytes))
    for (const socket of [client, upstream]) socket.on('error', cut).on('close', cut)
    apply(pair)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  const cutAll = (): void => {
    for (const { client, upstream } of [...pairs]) {
      client.destroy()
      upstream.destroy()
    }
  }
  return {
    port: address.port,
    setSilent(silent) {
      isSilent = silent
      for (const pair of pairs) apply(pair)
    },
    cut: cutAll,
    async close() {
      cutAll()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
