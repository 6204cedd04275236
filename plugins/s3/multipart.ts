/** An upload in parts, from whatever makes the parts. One that fails or is cancelled leaves nothing that has to be paid for. */
import type { CompletedPart, PutObjectCommandInput } from '@aws-sdk/client-s3'
import { shown, type Address } from './address.ts'
import type { S3 } from './client.ts'

/** Two parts on their way at a time: each of a file's is in memory. */
const LANES = 2
/** A cancelled task has five seconds in all. */
const CLEAN_UP_MS = 3_500

export interface Parts {
  count: number
  /** Sends one, counting from 1, and tells what the server called it. */
  send(part: { UploadId: string; PartNumber: number }): Promise<Omit<CompletedPart, 'PartNumber'>>
}

export type Attributes = Pick<PutObjectCommandInput, 'ContentType' | 'Metadata' | 'IfNoneMatch'>

/** Tells the object's ETag and version. */
export async function uploadInParts(
  s3: S3,
  to: Address,
  parts: Parts,
  attributes: Attributes,
): Promise<{ ETag?: string; VersionId?: string }> {
  const { sdk } = s3
  const about = `Upload to ${shown(to)}`
  const at = { Bucket: to.bucket, Key: to.key }
  const { IfNoneMatch, ...kept } = attributes
  const begun = await s3.send(
    (client, abortSignal) => client.send(new sdk.CreateMultipartUploadCommand({ ...at, ...kept }), { abortSignal }),
    about,
  )
  const UploadId = begun.UploadId ?? ''
  try {
    const Parts = await inLanes(parts, UploadId)
    const complete = new sdk.CompleteMultipartUploadCommand({
      ...at,
      UploadId,
      MultipartUpload: { Parts },
      ...(IfNoneMatch === undefined ? {} : { IfNoneMatch }),
    })
    const { ETag, VersionId } = await s3.send((client, abortSignal) => client.send(complete, { abortSignal }), about)
    return { ...(ETag === undefined ? {} : { ETag }), ...(VersionId === undefined ? {} : { VersionId }) }
  } catch (error) {
    const abort = new sdk.AbortMultipartUploadCommand({ ...at, UploadId })
    await s3
      .send((client, abortSignal) => client.send(abort, { abortSignal }), about, AbortSignal.timeout(CLEAN_UP_MS))
      .catch((cause: unknown) => {
        if (error instanceof Error) error.message += ` Parts of it may be left: ${cause instanceof Error ? cause.message : String(cause)}`
      })
    throw error
  }
}

/** After the first failure no lane takes another part, and all are waited for: nothing is sent behind the clean-up. */
async function inLanes(parts: Parts, UploadId: string): Promise<CompletedPart[]> {
  const done: CompletedPart[] = []
  let next = 1
  const lane = async (): Promise<void> => {
    while (next <= parts.count) {
      const PartNumber = next++
      try {
        done.push({ ...(await parts.send({ UploadId, PartNumber })), PartNumber })
      } catch (error) {
        next = parts.count + 1
        throw error
      }
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: LANES }, lane))
  const failed = ends.find((end) => end.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  return done.sort((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0))
}
