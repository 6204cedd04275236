/** Where workers connect: a Unix socket for the local worker and, when asked, a TCP port for others. */
import { chmod, readFile, rm } from 'node:fs/promises'
import { type Server, ServerCredentials } from '@grpc/grpc-js'
import { isLoopback } from '#runtime/config.ts'
import type { Logger } from '#runtime/logger.ts'

export interface SwarmAddress {
  host: string
  port: number
  /** Files of certificate chain and key (PEM); null = plaintext. */
  tls: { cert_file: string; key_file: string } | null
  /** Plaintext where others can listen: tokens, secrets and results are readable on the way. */
  allow_plaintext: boolean
}

/** The kernel's sun_path has 108 bytes on Linux and 104 on macOS, the closing zero included. */
const SOCKET_PATH_MAX = 103

/** The server can not listen there; the message says how to mend it. */
export class SwarmListenError extends Error {
  override readonly name = 'SwarmListenError'
}

export async function listenOnSocket(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > SOCKET_PATH_MAX) {
    throw new SwarmListenError(
      `The path of the worker socket is longer than ${SOCKET_PATH_MAX} bytes: ${path}. Choose a shorter data folder (VORTEX_HOME).`,
    )
  }
  // One server per data folder is guarded by the folder's lock, so a socket found here belongs to a dead one.
  await rm(path, { force: true })
  await bind(server, `unix:${path}`, ServerCredentials.createInsecure())
  await chmod(path, 0o600)
}

export async function listenOnPort(server: Server, address: SwarmAddress, logger: Logger): Promise<number> {
  const { host, port, tls } = address
  if (tls === null && !isLoopback(host)) {
    if (!address.allow_plaintext) {
      throw new SwarmListenError(
        `Workers would connect to ${host}:${port} without encryption, so anyone on the way could read the worker token and task secrets. Set VORTEX_TLS_CERT and VORTEX_TLS_KEY, listen on 127.0.0.1, or allow it explicitly (--swarm-plaintext).`,
      )
    }
    logger.warn(
      { host, port },
      'PLAINTEXT SWARM PORT: worker token, secrets and results travel unencrypted. Use it only on a network that you trust wholly.',
    )
  }
  const credentials = tls === null ? ServerCredentials.createInsecure() : ServerCredentials.createSsl(null, [await readPair(tls)])
  return await bind(server, `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`, credentials)
}

async function readPair(tls: { cert_file: string; key_file: string }): Promise<{ cert_chain: Buffer; private_key: Buffer }> {
  try {
    const [cert_chain, private_key] = await Promise.all([readFile(tls.cert_file), readFile(tls.key_file)])
    return { cert_chain, private_key }
  } catch (cause) {
    throw new SwarmListenError(`The TLS certificate or key of the swarm could not be read: ${String(cause)}`, { cause })
  }
}

async function bind(server: Server, address: string, credentials: ServerCredentials): Promise<number> {
  return await new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => {
      if (error === null) resolve(port)
      else
        reject(
          new SwarmListenError(
            `Workers cannot connect: listening on ${address} fails (${error.message}). Choose another address or port with --swarm-listen (or VORTEX_SWARM_LISTEN).`,
            { cause: error },
          ),
        )
    })
  })
}
