/** The Unix socket that hosts connect to, in a folder that only this user can enter. Each expected host has a one-time token. */
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import path from 'node:path'
import { HostLink } from './hostLink.ts'
import type { HostMessage } from './hostLink.ts'

/** sun_path has 108 bytes on Linux and 104 on macOS, with its final zero. */
const LONGEST_SOCKET_PATH = 103

export class HostServer {
  folder = ''
  private server: Server | null = null
  private readonly expected = new Map<string, (link: HostLink) => void>()
  private readonly links = new Set<Socket>()

  async listen(parent: string): Promise<void> {
    this.folder = await mkdtemp(path.join(parent, 'vortex-'))
    await chmod(this.folder, 0o700)
    if (Buffer.byteLength(this.socketPath) > LONGEST_SOCKET_PATH) {
      throw new Error(
        `The path ${this.socketPath} is too long for a Unix socket (${LONGEST_SOCKET_PATH} bytes): set TMPDIR to a shorter folder.`,
      )
    }
    const server = createServer((socket) => {
      this.links.add(socket)
      socket.on('close', () => this.links.delete(socket))
      new HostLink(socket, (link, hello) => this.welcome(link, hello))
    })
    this.server = server
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.socketPath, resolve)
    })
  }

  get socketPath(): string {
    return path.join(this.folder, 'hosts')
  }

  /** Temporary folders of bash commands. */
  get scratch(): string {
    return path.join(this.folder, 'scratch')
  }

  /** Returns the token with which the host must say hello, once. */
  expect(onConnected: (link: HostLink) => void): string {
    const token = randomBytes(16).toString('hex')
    this.expected.set(token, onConnected)
    return token
  }

  forget(token: string): void {
    this.expected.delete(token)
  }

  async close(): Promise<void> {
    const server = this.server
    this.server = null
    for (const socket of this.links) socket.destroy()
    if (server !== null) await new Promise<void>((resolve) => server.close(() => resolve()))
    if (this.folder !== '') await rm(this.folder, { recursive: true, force: true })
  }

  private welcome(link: HostLink, hello: HostMessage): void {
    const token = String(hello['token'])
    const onConnected = this.expected.get(token)
    if (hello.t !== 'hello' || onConnected === undefined) return link.close()
    this.expected.delete(token)
    link.pid = Number(hello['pid'])
    link.start_time = Number(hello['start_time'])
    onConnected(link)
  }
}
