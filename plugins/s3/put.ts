/** Puts an object: text, JSON, or a local file, which goes in parts when it is large. */
import { open, type FileHandle } from 'node:fs/promises'
import { FailTask } from '../api/index.ts'
import { shown, type Address } from './address.ts'
import type { S3 } from './client.ts'
import { uploadInParts, type Attributes } from './multipart.ts'

/** The smallest parts that S3 takes but for the last are 5 MiB, and it takes 10,000 of them. */
const PART_BYTES = 8 * 1024 ** 2
const PARTS_MAX = 10_000

export interface PutConfig {
  data?: string
  json?: unknown
  filename?: string
  replace: boolean
  content_type?: string
}

export interface Put {
  bucket: string
  key: string
  size: number
  etag: string | null
  version_id: string | null
}

export async function putObject(s3: S3, to: Address, config: PutConfig): Promise<Put> {
  const given = (['data', 'json', 'filename'] as const).filter((name) => config[name] !== undefined)
  if (given.length !== 1)
    throw new FailTask(`Give one of data, json and filename; ${given.length === 0 ? 'there is none' : `there are ${given.join(' and ')}`}.`)
  if (!config.replace) await refuseExisting(s3, to)
  const result = config.filename === undefined ? await putText(s3, to, config) : await putFile(s3, to, config.filename, config)
  return { ...to, size: result.size, etag: result.ETag?.replaceAll('"', '') ?? null, version_id: result.VersionId ?? null }
}

/** Asked before a long upload; the upload itself says so again, for what comes between. */
async function refuseExisting(s3: S3, to: Address): Promise<void> {
  const { HeadObjectCommand } = s3.sdk
  const head = new HeadObjectCommand({ Bucket: to.bucket, Key: to.key })
  const isThere = await s3
    .send((client, abortSignal) => client.send(head, { abortSignal }), `Look at ${shown(to)}`)
    .then(() => true)
    .catch((error: unknown) => {
      if (error instanceof Error && 'answer' in error && error.answer === 'NotFound') return false
      throw error
    })
  if (isThere) throw new FailTask(`${shown(to)} is there already (replace: false).`)
}

type Stored = { size: number; ETag?: string; VersionId?: string }

async function putText(s3: S3, to: Address, config: PutConfig): Promise<Stored> {
  const isJson = config.json !== undefined
  const body = Buffer.from(isJson ? JSON.stringify(config.json) : (config.data ?? ''))
  const type = config.content_type ?? (isJson ? 'application/json' : 'text/plain; charset=utf-8')
  return putBytes(s3, to, body, attributesOf({ ...config, content_type: type }))
}

async function putBytes(s3: S3, to: Address, body: Buffer, attributes: Attributes): Promise<Stored> {
  const command = new s3.sdk.PutObjectCommand({ Bucket: to.bucket, Key: to.key, Body: body, ...attributes })
  const { ETag, VersionId } = await s3.send((client, abortSignal) => client.send(command, { abortSignal }), `Upload to ${shown(to)}`)
  return { size: body.length, ...(ETag === undefined ? {} : { ETag }), ...(VersionId === undefined ? {} : { VersionId }) }
}

async function putFile(s3: S3, to: Address, filename: string, config: PutConfig): Promise<Stored> {
  const file = await open(filename).catch((error: NodeJS.ErrnoException) => {
    throw new Error(
      `filename: ${filename} cannot be read on this worker: ${error.code === 'ENOENT' ? 'there is no such file' : error.message}.`,
    )
  })
  try {
    const found = await file.stat()
    if (!found.isFile()) throw new FailTask(`filename: ${filename} is no file.`)
    const { size } = found
    const attributes = attributesOf(config)
    if (size <= PART_BYTES) return await putBytes(s3, to, await readPart(file, { at: 0, size, filename }), attributes)
    return { size, ...(await putInParts(s3, to, { file, size, filename }, attributes)) }
  } finally {
    await file.close()
  }
}

async function putInParts(s3: S3, to: Address, from: { file: FileHandle; size: number; filename: string }, attributes: Attributes) {
  const bytes = Math.max(PART_BYTES, Math.ceil(from.size / PARTS_MAX))
  const send = async (part: { UploadId: string; PartNumber: number }): Promise<{ ETag?: string }> => {
    const at = (part.PartNumber - 1) * bytes
    const Body = await readPart(from.file, { at, size: Math.min(bytes, from.size - at), filename: from.filename })
    const command = new s3.sdk.UploadPartCommand({ Bucket: to.bucket, Key: to.key, Body, ...part })
    const { ETag } = await s3.send((client, abortSignal) => client.send(command, { abortSignal }), `Upload to ${shown(to)}`)
    return ETag === undefined ? {} : { ETag }
  }
  return uploadInParts(s3, to, { count: Math.ceil(from.size / bytes), send }, attributes)
}

async function readPart(file: FileHandle, p: { at: number; size: number; filename: string }): Promise<Buffer> {
  const bytes = Buffer.alloc(p.size)
  let filled = 0
  while (filled < p.size) {
    const { bytesRead } = await file.read(bytes, filled, p.size - filled, p.at + filled)
    if (bytesRead === 0) throw new Error(`filename: ${p.filename} became shorter while it was uploaded.`)
    filled += bytesRead
  }
  return bytes
}

function attributesOf(config: PutConfig): Attributes {
  return {
    ...(config.content_type === undefined ? {} : { ContentType: config.content_type }),
    ...(config.replace ? {} : { IfNoneMatch: '*' }),
  }
}
