/** Asks the server to end what a session runs: a connection of its own that carries the session's key, as PostgreSQL's protocol has it. */
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { once } from 'node:events'
import type pg from 'pg'

/** Codes that stand where a protocol version would. */
const TLS_REQUEST = 80877103
const CANCEL_REQUEST = 80877102
const ANSWER_MS = 3_000

/** Resolves when the server has read the request. Rejects if it could not be reached. */
export async function cancelOnServer(client: pg.Client, ssl: ConnectionOptions | false): Promise<void> {
  const { processID, secretKey } = client as unknown as { processID: number; secretKey: number }
  const isSocket = client.host.startsWith('/')
  const socket = isSocket ? connectTcp(`${client.host}/.s.PGSQL.${client.port}`) : connectTcp(client.port, client.host)
  const signal = AbortSignal.timeout(ANSWER_MS)
  try {
    await once(socket, 'connect', { signal })
    const line = ssl === false ? socket : await secured(socket, client.host, ssl, signal)
    line.end(request(CANCEL_REQUEST, processID, secretKey))
    line.resume()
    await once(line, 'close', { signal })
  } finally {
    socket.destroy()
  }
}

async function secured(socket: Socket, host: string, ssl: ConnectionOptions, signal: AbortSignal): Promise<Socket> {
  socket.write(request(TLS_REQUEST))
  const [answer] = (await once(socket, 'data', { signal })) as [Buffer]
  if (answer.toString('latin1') !== 'S') throw new Error('the server takes no TLS for a cancel request')
  const line = connectTls({ ...ssl, socket, host })
  await once(line, 'secureConnect', { signal })
  return line
}

/** Length, code, and what belongs to it, as 32-bit numbers. */
function request(...words: number[]): Buffer {
  const bytes = Buffer.alloc(4 * (words.length + 1))
  for (const [index, word] of [bytes.length, ...words].entries()) bytes.writeInt32BE(word, 4 * index)
  return bytes
}
