/** Sends a bundle: its manifest, then the contents that the worker lacks, as fast as the worker takes them. */
import { once } from 'node:events'
import { status, type ServerWritableStream } from '@grpc/grpc-js'
import type { DagStore } from '#db/store.ts'
import type { BundleChunk, FetchBundleRequest } from './gen/vortex/swarm/v1/swarm.ts'
import { BUNDLE_CHUNK_BYTES } from './limits.ts'

/** A refusal that the worker sees as it is. */
export class BundleRefused extends Error {
  readonly code: status
  constructor(code: status, message: string) {
    super(message)
    this.code = code
  }
}

const SHA256 = /^[0-9a-f]{64}$/

export async function sendBundle(
  call: ServerWritableStream<FetchBundleRequest, BundleChunk>,
  store: Pick<DagStore, 'bundleGet' | 'blobGet'>,
): Promise<void> {
  const { hash, have, manifest_only } = call.request
  if (!SHA256.test(hash)) throw new BundleRefused(status.INVALID_ARGUMENT, 'a bundle is named by its SHA-256 in lower-case hex')
  const bundle = await store.bundleGet({ hash })
  if (bundle === null) throw new BundleRefused(status.NOT_FOUND, `there is no bundle ${hash}`)
  await send(call, {
    manifest_json: JSON.stringify({ hash: bundle.hash, files: bundle.files }),
    sha256: '',
    offset: 0,
    bytes: Buffer.alloc(0),
    last: false,
  })
  if (manifest_only) return
  const sent = new Set(have)
  for (const { path, sha256 } of bundle.files) {
    if (sent.has(sha256)) continue
    sent.add(sha256)
    const content = await store.blobGet({ sha256 })
    if (content === null) throw new BundleRefused(status.DATA_LOSS, `the content of ${path} in bundle ${hash} is missing in the database`)
    await sendContent(call, sha256, content)
  }
}

async function sendContent(
  call: ServerWritableStream<FetchBundleRequest, BundleChunk>,
  sha256: string,
  content: Uint8Array,
): Promise<void> {
  for (let offset = 0; offset === 0 || offset < content.length; offset += BUNDLE_CHUNK_BYTES) {
    const end = Math.min(content.length, offset + BUNDLE_CHUNK_BYTES)
    const piece = content.subarray(offset, end)
    await send(call, {
      manifest_json: '',
      sha256,
      offset,
      bytes: Buffer.from(piece.buffer, piece.byteOffset, piece.length),
      last: end === content.length,
    })
  }
}

async function send(call: ServerWritableStream<FetchBundleRequest, BundleChunk>, chunk: BundleChunk): Promise<void> {
  if (call.cancelled) throw new BundleRefused(status.CANCELLED, 'the worker went away')
  if (call.write(chunk)) return
  const gone = new AbortController()
  const onCancelled = (): void => gone.abort()
  call.once('cancelled', onCancelled)
  try {
    await once(call, 'drain', { signal: gone.signal })
  } finally {
    call.off('cancelled', onCancelled)
  }
}
