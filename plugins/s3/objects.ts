/** Objects as a whole: which there are, copies, deletion. */
import type { _Object as Listed } from '@aws-sdk/client-s3'
import { FailTask } from '../api/index.ts'
import { shown, wildcard, type Address } from './address.ts'
import type { S3 } from './client.ts'
import { S3Failure } from './failures.ts'
import { uploadInParts } from './multipart.ts'

/** S3 copies 5 GiB at most in one piece. */
const COPY_BYTES_MAX = 5 * 1024 ** 3
const COPY_PART_BYTES = 1024 ** 3
/** Of one DeleteObjects. */
const DELETE_KEYS_MAX = 1_000
/** Of the objects that could not be deleted, so many are named. */
const NAMED_MAX = 5

/** Page by page, in the order of the keys. */
export async function* pages(s3: S3, p: { bucket: string; prefix: string; delimiter?: string }): AsyncGenerator<Listed[]> {
  let ContinuationToken: string | undefined
  do {
    const page = new s3.sdk.ListObjectsV2Command({
      Bucket: p.bucket,
      Prefix: p.prefix,
      ...(p.delimiter === undefined || p.delimiter === '' ? {} : { Delimiter: p.delimiter }),
      ...(ContinuationToken === undefined ? {} : { ContinuationToken }),
    })
    const answer = await s3.send((client, abortSignal) => client.send(page, { abortSignal }), `List of s3://${p.bucket}/${p.prefix}`)
    yield answer.Contents ?? []
    ContinuationToken = answer.NextContinuationToken
  } while (ContinuationToken !== undefined)
}

export interface ListConfig {
  prefix: string
  delimiter: string
  apply_wildcard: boolean
  details: boolean
  max_keys: number
}

export async function listObjects(s3: S3, bucket: string, config: ListConfig): Promise<unknown[]> {
  const { prefix, matches } = config.apply_wildcard ? wildcard(config.prefix) : { prefix: config.prefix, matches: () => true }
  const found: unknown[] = []
  for await (const page of pages(s3, { bucket, prefix, delimiter: config.delimiter })) {
    for (const one of page) {
      if (!matches(one.Key ?? '')) continue
      if (found.length === config.max_keys) {
        throw new FailTask(
          `s3://${bucket}/${prefix} has more than ${config.max_keys} objects (max_keys). Take a narrower prefix, or raise max_keys.`,
        )
      }
      found.push(config.details ? detailsOf(one) : one.Key)
    }
  }
  return found
}

function detailsOf({ Key, Size, LastModified, ETag }: Listed): object {
  return { key: Key, size: Size ?? 0, last_modified: LastModified?.toISOString() ?? null, etag: ETag?.replaceAll('"', '') ?? null }
}

/** How many there were. A key that is not there counts as deleted, as S3 has it. */
export async function deleteKeys(s3: S3, bucket: string, keys: readonly string[]): Promise<number> {
  for (let at = 0; at < keys.length; at += DELETE_KEYS_MAX) {
    const Objects = keys.slice(at, at + DELETE_KEYS_MAX).map((Key) => ({ Key }))
    const command = new s3.sdk.DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } })
    const { Errors = [] } = await s3.send((client, abortSignal) => client.send(command, { abortSignal }), `Deletion in s3://${bucket}`)
    if (Errors.length > 0) {
      const named = Errors.slice(0, NAMED_MAX).map((error) => `${error.Key} (${error.Code}: ${error.Message})`)
      throw new Error(`${Errors.length} of ${keys.length} objects in s3://${bucket} could not be deleted: ${named.join(', ')}`)
    }
  }
  return keys.length
}

export async function deletePrefix(s3: S3, bucket: string, prefix: string): Promise<number> {
  let count = 0
  for await (const page of pages(s3, { bucket, prefix }))
    count += await deleteKeys(
      s3,
      bucket,
      page.map((one) => one.Key ?? ''),
    )
  return count
}

/** `pieceBytes`: up to so many in one piece, then in parts of `partBytes`. */
export async function copyObject(
  s3: S3,
  from: Address,
  to: Address,
  limits = { pieceBytes: COPY_BYTES_MAX, partBytes: COPY_PART_BYTES },
): Promise<{ bucket: string; key: string; size: number; etag: string | null }> {
  const { sdk } = s3
  const about = `Copy of ${shown(from)} to ${shown(to)}`
  const CopySource = `${from.bucket}/${from.key.split('/').map(encodeURIComponent).join('/')}`
  const head = await s3.send(
    (client, abortSignal) => client.send(new sdk.HeadObjectCommand({ Bucket: from.bucket, Key: from.key }), { abortSignal }),
    about,
  )
  const size = head.ContentLength ?? 0
  const done = (ETag: string | undefined) => ({ ...to, size, etag: ETag?.replaceAll('"', '') ?? null })
  if (size <= limits.pieceBytes) {
    const copy = new sdk.CopyObjectCommand({ Bucket: to.bucket, Key: to.key, CopySource })
    return done((await s3.send((client, abortSignal) => client.send(copy, { abortSignal }), about)).CopyObjectResult?.ETag)
  }
  const send = async (part: { UploadId: string; PartNumber: number }): Promise<{ ETag?: string }> => {
    const at = (part.PartNumber - 1) * limits.partBytes
    const CopySourceRange = `bytes=${at}-${Math.min(at + limits.partBytes, size) - 1}`
    const copy = new sdk.UploadPartCopyCommand({ Bucket: to.bucket, Key: to.key, CopySource, CopySourceRange, ...part })
    const ETag = (await s3.send((client, abortSignal) => client.send(copy, { abortSignal }), about)).CopyPartResult?.ETag
    return ETag === undefined ? {} : { ETag }
  }
  const attributes = {
    ...(head.ContentType === undefined ? {} : { ContentType: head.ContentType }),
    ...(head.Metadata === undefined ? {} : { Metadata: head.Metadata }),
  }
  return done((await uploadInParts(s3, to, { count: Math.ceil(size / limits.partBytes), send }, attributes)).ETag)
}

/** Whether an object is there. A bucket that is not is an error: waiting for it would only end at the time limit. */
export async function isThere(s3: S3, of: Address): Promise<boolean> {
  const { sdk } = s3
  const look = new sdk.HeadObjectCommand({ Bucket: of.bucket, Key: of.key })
  try {
    await s3.send((client, abortSignal) => client.send(look, { abortSignal }), `Look for ${shown(of)}`)
    return true
  } catch (error) {
    if (!(error instanceof S3Failure) || error.answer !== 'NotFound') throw error
  }
  const bucket = new sdk.HeadBucketCommand({ Bucket: of.bucket })
  await s3
    .send((client, abortSignal) => client.send(bucket, { abortSignal }), `Look for the bucket ${of.bucket}`)
    .catch((error: unknown) => {
      if (error instanceof S3Failure && error.answer === 'NotFound')
        throw new S3Failure(error.message.replace('no such object, or no such bucket', 'no such bucket'), 'NoSuchBucket')
      // Who may look at objects need not be allowed to look at their bucket.
    })
  return false
}

export async function anyMatches(s3: S3, pattern: Address): Promise<boolean> {
  const { prefix, matches } = wildcard(pattern.key)
  for await (const page of pages(s3, { bucket: pattern.bucket, prefix })) if (page.some((one) => matches(one.Key ?? ''))) return true
  return false
}
