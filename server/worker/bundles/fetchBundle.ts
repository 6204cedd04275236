/** Asks the controller for a bundle's manifest or for contents that are missing. */
import { createHash } from 'node:crypto'
import type { BundleChunk } from '#swarm/gen/vortex/swarm/v1/swarm.ts'
import { type Connection, describeFailure } from '../session/connection.ts'
import { BadBundleError, type Manifest, parseManifest } from './manifest.ts'

/** No controller, or one that cannot now: worth another try later. */
export class BundleUnavailableError extends Error {
  override readonly name = 'BundleUnavailableError'
}

/** A bundle of 512 MB over 10 MB/s. */
const FETCH_MS = 60_000

export interface FetchOptions {
  connection: Connection | null
  hash: string
  now: () => number
}

export async function fetchManifest({ connection, hash, now }: FetchOptions): Promise<Manifest> {
  let manifest: Manifest | null = null
  for await (const chunk of chunks({ connection, hash, now }, { have: [], manifest_only: true })) {
    if (chunk.manifest_json !== '') manifest = parseManifest(chunk.manifest_json, hash)
  }
  if (manifest === null) throw new BundleUnavailableError(`the controller sent no manifest of bundle ${hash}`)
  return manifest
}

/** Yields each missing content once, whole and with the right hash. */
export async function* fetchContents(
  options: FetchOptions & { manifest: Manifest; have: string[] },
): AsyncGenerator<{ sha256: string; content: Buffer }> {
  const sizes = new Map(options.manifest.files.map(({ sha256, size }) => [sha256, size]))
  for (const sha256 of options.have) sizes.delete(sha256)
  let pieces: Buffer[] = []
  let offset = 0
  for await (const chunk of chunks(options, { have: options.have, manifest_only: false })) {
    if (chunk.sha256 === '') continue
    const size = sizes.get(chunk.sha256)
    offset += chunk.bytes.length
    if (size === undefined || chunk.offset + chunk.bytes.length !== offset || offset > size)
      throw new BadBundleError(`bundle ${options.hash} brought bytes that its manifest does not name`)
    pieces.push(chunk.bytes)
    if (!chunk.last) continue
    const content = Buffer.concat(pieces, offset)
    if (content.length !== size || createHash('sha256').update(content).digest('hex') !== chunk.sha256)
      throw new BadBundleError(`a file of bundle ${options.hash} is not what its SHA-256 says: ${chunk.sha256}`)
    sizes.delete(chunk.sha256)
    yield { sha256: chunk.sha256, content }
    pieces = []
    offset = 0
  }
  if (sizes.size > 0) throw new BadBundleError(`bundle ${options.hash} came without ${sizes.size} of its files`)
}

async function* chunks(
  { connection, hash, now }: FetchOptions,
  p: { have: string[]; manifest_only: boolean },
): AsyncGenerator<BundleChunk> {
  if (connection === null) throw new BundleUnavailableError(`bundle ${hash} is not here, and there is no controller to ask`)
  const call = connection.client.fetchBundle({ hash, ...p }, connection.metadata, { deadline: now() + FETCH_MS })
  try {
    for await (const chunk of call) yield chunk as BundleChunk
  } catch (error) {
    throw fetchError(error, hash)
  } finally {
    call.cancel()
  }
}

function fetchError(error: unknown, hash: string): Error {
  const { isFinal, details } = describeFailure(error)
  if (isFinal) return new BadBundleError(`the controller has no whole bundle ${hash}: ${details}`, { cause: error })
  return new BundleUnavailableError(`bundle ${hash} could not be fetched: ${details}`, { cause: error })
}
