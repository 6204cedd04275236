/** Gets an object: into the XCom if it is small, else into a local file that is there whole or not at all. */
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { FailTask } from '../api/index.ts'
import { shown, type Address } from './address.ts'
import type { S3 } from './client.ts'

export interface GetConfig {
  filename?: string
  read_as: 'text' | 'json' | 'base64'
  max_bytes: number
}

interface Body {
  stream: Readable
  size: number | undefined
  etag: string | null
}

export async function getObject(s3: S3, from: Address, config: GetConfig): Promise<unknown> {
  const about = `Download of ${shown(from)}`
  const command = new s3.sdk.GetObjectCommand({ Bucket: from.bucket, Key: from.key })
  return s3.send(async (client, abortSignal) => {
    const { Body, ContentLength, ETag } = await client.send(command, { abortSignal })
    if (!(Body instanceof Readable)) throw new Error('the answer has no content')
    const body: Body = { stream: Body, size: ContentLength, etag: ETag?.replaceAll('"', '') ?? null }
    if (config.filename !== undefined) return intoFile(body, config.filename, abortSignal)
    return decoded(await intoMemory(body, config.max_bytes, from), config.read_as, from)
  }, about)
}

/** Beside its place first, so that nobody sees a part of it, and a failure leaves what was there. */
async function intoFile(
  body: Body,
  filename: string,
  signal: AbortSignal,
): Promise<{ filename: string; size: number; etag: string | null }> {
  await mkdir(dirname(filename), { recursive: true })
  const unfinished = `${filename}.${randomUUID().slice(0, 8)}.part`
  try {
    await pipeline(body.stream, createWriteStream(unfinished, { flush: true }), { signal })
    const { size } = await stat(unfinished)
    if (body.size !== undefined && size !== body.size) throw new Error(`${size} of ${body.size} bytes came`)
    await rename(unfinished, filename)
    return { filename, size, etag: body.etag }
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
}

async function intoMemory(body: Body, most: number, from: Address): Promise<Buffer> {
  const refuse = (): never => {
    body.stream.destroy()
    throw new FailTask(`${shown(from)} has more than ${most} bytes (max_bytes), too many for an XCom. Give a filename, or raise max_bytes.`)
  }
  if ((body.size ?? 0) > most) refuse()
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body.stream as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > most) refuse()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function decoded(bytes: Buffer, form: GetConfig['read_as'], from: Address): unknown {
  if (form === 'base64') return bytes.toString('base64')
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new FailTask(`${shown(from)} is no text in UTF-8. Take read_as: base64, or give a filename.`)
  }
  if (form === 'text') return text
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw new FailTask(`${shown(from)} is no JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}
