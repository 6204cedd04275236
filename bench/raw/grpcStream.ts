/**
 * The raw limit that the swarm is measured against: one bidirectional grpc-js stream on a Unix socket, one small message per
 * task each way, `in_flight` of them at a time, both ends in this process.
 */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { credentials, Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js'
import { type ControllerFrame, SwarmClient, SwarmService, type WorkerFrame } from '../../server/swarm/gen/vortex/swarm/v1/swarm.ts'
import { emptyFrame } from '../../server/swarm/outbox.ts'
import { emptyWorkerFrame } from '../../server/worker/session/outgoing.ts'

/** Round trips per second: a report goes up, its acknowledgement comes down. */
export async function measureRawStream(p: { messages: number; in_flight: number }): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'vortex-bench-'))
  const server = new Server()
  server.addService(SwarmService, {
    session: (call: ServerDuplexStream<WorkerFrame, ControllerFrame>) => {
      call.on('data', (frame: WorkerFrame) => call.write({ ...emptyFrame(), reports_acked: frame.reports[0]?.seq ?? 0 }))
      call.on('end', () => call.end())
    },
    fetchBundle: () => undefined,
  })
  const address = `unix:${join(folder, 'raw.sock')}`
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(address, ServerCredentials.createInsecure(), (error) => (error === null ? resolve() : reject(error))),
  )
  const client = new SwarmClient(address, credentials.createInsecure())
  const stream = client.session()
  let sent = 0
  const send = (): void => {
    sent += 1
    const ref = { task_instance_id: sent, attempt: 1, lease_token: '0123456789abcdef' }
    stream.write({
      ...emptyWorkerFrame(),
      reports: [{ seq: sent, ref, body: { $case: 'started', value: { pid: 1, hostname: 'host', age_ms: 0 } } }],
    })
  }
  let received = 0
  const began = performance.now()
  stream.on('data', () => {
    received += 1
    if (sent < p.messages) send()
    else if (received === p.messages) stream.end()
  })
  for (let at = 0; at < p.in_flight; at++) send()
  await once(stream, 'end')
  const seconds = (performance.now() - began) / 1000
  client.close()
  await new Promise<void>((resolve) => server.tryShutdown(() => resolve()))
  rmSync(folder, { recursive: true, force: true })
  return p.messages / seconds
}
