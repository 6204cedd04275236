/** A TCP proxy on the loopback interface that a test can cut at a chosen moment. */
import { connect, createServer, type Socket } from 'node:net'

export interface TcpProxy extends AsyncDisposable {
  readonly port: number
  /**
   * The next time a client sends bytes that contain `text`, the connection is cut: after these bytes went to the server (its
   * answer is lost), or before (they never arrive). Resolves when that has happened.
   */
  cutOn(text: string, when: 'before' | 'after'): Promise<void>
  /** From now on nothing gets through in either direction, and no connection ends: a cut cable. */
  freeze(): void
  /** What was on its way arrives. */
  thaw(): void
}

/** How long the server gets to act on what it received last before the connection is cut. */
const ACT_MS = 200

export async function startTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  let trap: { text: string; when: 'before' | 'after'; done: () => void } | null = null
  const sockets = new Set<Socket>()
  let isFrozen = false
  const server = createServer((client) => {
    const upstream = connect(target.port, target.host)
    const cut = (): void => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      if (isFrozen) socket.pause()
      socket.on('error', cut).on('close', () => {
        sockets.delete(socket)
        cut()
      })
    }
    let mute = false
    upstream.on('data', (bytes: Buffer) => {
      if (!mute) client.write(bytes)
    })
    client.on('data', (bytes: Buffer) => {
      const hit = trap !== null && bytes.includes(trap.text) ? trap : null
      if (hit === null) {
        upstream.write(bytes)
        return
      }
      trap = null
      mute = true
      if (hit.when === 'after') upstream.write(bytes)
      setTimeout(
        () => {
          cut()
          hit.done()
        },
        hit.when === 'after' ? ACT_MS : 0,
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  return {
    port: address.port,
    cutOn: (text, when) => new Promise((done) => (trap = { text, when, done })),
    freeze() {
      isFrozen = true
      for (const socket of sockets) socket.pause()
    },
    thaw() {
      isFrozen = false
      for (const socket of sockets) socket.resume()
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
