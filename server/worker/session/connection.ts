/** One connection to one controller: a look whether anybody listens, then the stream. */
import { connect } from 'node:net'
import { credentials, Metadata, status, type ClientDuplexStream, type ServiceError } from '@grpc/grpc-js'
import type { Clock } from '#runtime/clock.ts'
import { type ControllerFrame, SwarmClient, type WorkerFrame } from '#swarm/gen/vortex/swarm/v1/swarm.ts'
import { CHANNEL_OPTIONS } from '#swarm/limits.ts'
import { type ControllerAddress, grpcTarget } from './controllerAddress.ts'

export interface Credentials {
  token: string
  /** PEM of the authority that signed the controllers' certificates; null = those that Node trusts. */
  ca: Buffer | null
}
export type Stream = ClientDuplexStream<WorkerFrame, ControllerFrame>

/**
 * `refused`: the host answered that no process listens there. grpc-js tells this only in prose, and it decides over the life
 * of attempts, so it is asked of the kernel.
 */
export async function probe(address: ControllerAddress, p: { clock: Clock; timeout_ms: number }): Promise<'open' | 'refused' | 'silent'> {
  return await new Promise((resolve) => {
    const socket =
      address.kind === 'socket' ? connect(address.path) : connect({ host: address.host.replace(/^\[|\]$/g, ''), port: address.port })
    const done = (result: 'open' | 'refused' | 'silent'): void => {
      timer.cancel()
      socket.destroy()
      resolve(result)
    }
    const timer = p.clock.after(p.timeout_ms, () => done('silent'))
    socket.once('connect', () => done('open'))
    socket.on('error', (error) => done(isRefusal(error) ? 'refused' : 'silent'))
  })
}

/** ENOENT: the socket's file is gone, so nobody can listen there. A host name with several addresses must be refused by all. */
function isRefusal(error: NodeJS.ErrnoException): boolean {
  if (error instanceof AggregateError)
    return error.errors.length > 0 && error.errors.every((one: NodeJS.ErrnoException) => one.code === 'ECONNREFUSED')
  return error.code === 'ECONNREFUSED' || error.code === 'ENOENT'
}

export class Connection {
  readonly client: SwarmClient
  readonly metadata = new Metadata()
  readonly address: ControllerAddress
  #stream: Stream | null = null

  constructor(address: ControllerAddress, { token, ca }: Credentials) {
    this.address = address
    this.metadata.set('authorization', `Bearer ${token}`)
    const isTls = address.kind === 'tcp' && address.tls
    this.client = new SwarmClient(grpcTarget(address), isTls ? credentials.createSsl(ca) : credentials.createInsecure(), {
      ...CHANNEL_OPTIONS,
      // Each connection is tried once: the session decides about the next try and counts the lease meanwhile.
      'grpc.enable_retries': 0,
      'grpc.use_local_subchannel_pool': 1,
      'grpc.service_config_disable_resolution': 1,
      // A proxy of the environment is for the tasks' HTTP; workers reach controllers directly, as the probe does.
      'grpc.enable_http_proxy': 0,
    })
  }

  /** Opens the session's stream. `closed` is called once, whatever ends it. */
  open(p: { onFrame: (frame: ControllerFrame) => void; onClosed: (error: ServiceError | null) => void }): Stream {
    const stream = this.client.session(this.metadata)
    this.#stream = stream
    let isClosed = false
    const closed = (error: ServiceError | null): void => {
      if (isClosed) return
      isClosed = true
      p.onClosed(error)
    }
    stream.on('data', p.onFrame)
    stream.on('error', (error: ServiceError) => closed(error))
    stream.on('end', () => closed(null))
    return stream
  }

  /** Half-closes: the controller sees that the worker has nothing more to say. */
  finish(): void {
    this.#stream?.end()
  }

  close(): void {
    this.#stream?.cancel()
    this.client.close()
  }
}

export function isTokenRefused(error: ServiceError | null): boolean {
  return error?.code === status.UNAUTHENTICATED
}

/** `isFinal`: the controller has answered, and would answer the same again. */
export function describeFailure(error: unknown): { isFinal: boolean; details: string } {
  const { code, details } = error as Partial<ServiceError>
  const isFinal = code === status.NOT_FOUND || code === status.DATA_LOSS || code === status.INVALID_ARGUMENT
  return { isFinal, details: details ?? String(error) }
}
