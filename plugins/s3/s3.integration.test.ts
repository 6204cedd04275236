/** The s3 plugin against a real server of the protocol (moto). */
import { S3Client, CreateBucketCommand, ListMultipartUploadsCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Connection, Operator, Sensor } from '../api/index.ts'
import { temporaryFolder, type TemporaryFolder } from '../../server/testkit/databases.ts'
import { startS3Server, type S3Server } from '../../server/testkit/s3Server.ts'
import { testContext, type TestContext } from '../testing/taskContext.ts'
import { wildcard } from './address.ts'
import { withS3 } from './client.ts'
import { copyObject } from './objects.ts'
import { plugin } from './plugin.ts'

const MIB = 1024 ** 2
const operators = plugin.operators as Record<string, Operator>
const { S3KeySensor } = plugin.sensors as Record<string, Sensor>
const DEFAULTS: Readonly<Record<string, object>> = {
  S3PutObjectOperator: { replace: true },
  S3GetObjectOperator: { read_as: 'text', max_bytes: MIB },
  S3ListOperator: { prefix: '', delimiter: '', apply_wildcard: false, details: false, max_keys: 100 },
}

let server: S3Server
let folder: TemporaryFolder
let direct: S3Client
let connection: Partial<Connection>
beforeAll(async () => {
  server = await startS3Server()
  folder = await temporaryFolder()
  direct = new S3Client({
    endpoint: server.url,
    region: 'eu-north-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
  })
  const LocationConstraint = 'eu-north-1'
  for (const Bucket of ['lake', 'other'])
    await direct.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint } }))
  connection = {
    conn_id: 'aws_default',
    conn_type: 'aws',
    login: 'key',
    password: 'opensesame',
    extra: { endpoint_url: server.url, region_name: 'eu-north-1' },
  }
})
afterAll(async () => {
  direct.destroy()
  await server[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

const run = async (name: string, config: object, context: TestContext = testContext([connection])): Promise<unknown> =>
  operators[name]!.execute({ ...DEFAULTS[name], ...config }, context)
const failure = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    (value) => expect.fail(`returned ${JSON.stringify(value)}`),
    (error: unknown) => error as Error,
  )
const put = (config: object, context?: TestContext): Promise<unknown> => run('S3PutObjectOperator', config, context)
const get = (config: object): Promise<unknown> => run('S3GetObjectOperator', config)
const list = (config: object): Promise<unknown> => run('S3ListOperator', config)

/** A line to the server that breaks the first connections, or lets no more than so many bytes of each through, either way. */
async function proxyTo(url: string, p: { refused?: number; bytes?: number }) {
  const target = new URL(url)
  let connections = 0
  const sockets: Socket[] = []
  const proxy = createServer((socket) => {
    connections += 1
    if (connections <= (p.refused ?? 0)) return void socket.destroy()
    const onward = connect(Number(target.port), target.hostname)
    sockets.push(socket, onward)
    socket.on('error', () => onward.destroy()).on('close', () => onward.destroy())
    onward.on('error', () => socket.destroy()).on('close', () => socket.end())
    for (const [from, to] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      from.on('data', (data) => {
        to.write(data)
        if (from.bytesRead > (p.bytes ?? Infinity)) from.pause()
      })
    }
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      // One that is not read does not notice that its other end is gone.
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => proxy.close(resolve))
    },
  }
}

describe('objects of S3', () => {
  it('are put and got as text, as JSON and as bytes', async () => {
    const s3_key = 'texts/größe + 1%.txt'
    expect(await put({ s3_bucket: 'lake', s3_key, data: 'für' })).toMatchObject({ bucket: 'lake', key: s3_key, size: 4 })
    expect(await get({ s3_key: `s3://lake/${s3_key}` })).toBe('für')
    await put({ s3_bucket: 'lake', s3_key: 'texts/a.json', json: { a: [1, null] } })
    expect(await get({ s3_bucket: 'lake', s3_key: 'texts/a.json', read_as: 'json' })).toEqual({ a: [1, null] })
    await direct.send(new PutObjectCommand({ Bucket: 'lake', Key: 'texts/b', Body: Buffer.from([0xff, 0]) }))
    expect(await get({ s3_bucket: 'lake', s3_key: 'texts/b', read_as: 'base64' })).toBe('/wA=')
    expect((await failure(get({ s3_bucket: 'lake', s3_key: 'texts/b' }))).message).toBe(
      's3://lake/texts/b is no text in UTF-8. Take read_as: base64, or give a filename.',
    )
    expect((await failure(get({ s3_bucket: 'lake', s3_key: 'texts/a.json', max_bytes: 3 }))).message).toContain(
      'more than 3 bytes (max_bytes)',
    )
    expect((await failure(put({ s3_bucket: 'lake', s3_key, data: 'x', replace: false }))).message).toBe(
      `s3://lake/${s3_key} is there already (replace: false).`,
    )
    expect(await put({ s3_bucket: 'lake', s3_key: 'texts/new', data: '', replace: false })).toMatchObject({ size: 0 })
  })

  it('of a size are files, which go in parts and come whole or not at all', async () => {
    const from = join(folder.path, 'from.bin')
    const content = Buffer.alloc(17 * MIB, 'parts of a file ')
    await writeFile(from, content)
    expect(await put({ s3_bucket: 'lake', s3_key: 'large', filename: from })).toMatchObject({
      size: content.length,
      etag: expect.stringMatching(/-3$/),
    })
    const to = join(folder.path, 'new', 'to.bin')
    expect(await get({ s3_bucket: 'lake', s3_key: 'large', filename: to })).toMatchObject({ filename: to, size: content.length })
    expect(content.equals(await readFile(to))).toBe(true)
    expect((await failure(get({ s3_bucket: 'lake', s3_key: 'nix', filename: to }))).message).toContain(
      'there is no such object (NoSuchKey, 404)',
    )
    expect(await readdir(join(folder.path, 'new'))).toEqual(['to.bin'])
    expect((await failure(put({ s3_bucket: 'lake', s3_key: 'x', filename: join(folder.path, 'nix') }))).message).toContain(
      'there is no such file',
    )
    const copied = await withS3({}, testContext([connection]), (s3) =>
      copyObject(s3, { bucket: 'lake', key: 'large' }, { bucket: 'other', key: 'copy' }, { pieceBytes: MIB, partBytes: 6 * MIB }),
    )
    expect(copied).toMatchObject({ bucket: 'other', size: content.length, etag: expect.stringMatching(/-3$/) })
  })

  it('are listed, copied and deleted', async () => {
    for (let day = 1; day <= 3; day++) await put({ s3_bucket: 'lake', s3_key: `days/${day}/a.csv`, data: 'x' })
    await put({ s3_bucket: 'lake', s3_key: 'days/all.csv', data: 'xy' })
    expect(await list({ bucket: 'lake', prefix: 'days/' })).toEqual(['days/1/a.csv', 'days/2/a.csv', 'days/3/a.csv', 'days/all.csv'])
    expect(await list({ bucket: 'lake', prefix: 'days/', delimiter: '/', details: true })).toMatchObject([{ key: 'days/all.csv', size: 2 }])
    expect(await list({ bucket: 'lake', prefix: 'days/[12]/*.csv', apply_wildcard: true })).toEqual(['days/1/a.csv', 'days/2/a.csv'])
    expect((await failure(list({ bucket: 'lake', prefix: 'days/', max_keys: 3 }))).message).toContain('more than 3 objects (max_keys)')
    const copy = { source_bucket_key: 's3://lake/days/all.csv', dest_bucket_name: 'other', dest_bucket_key: 'all ü.csv' }
    expect(await run('S3CopyOperator', copy)).toMatchObject({ bucket: 'other', key: 'all ü.csv', size: 2 })
    expect(await run('S3DeleteOperator', { bucket: 'lake', keys: ['days/all.csv', 'days/nix.csv'] })).toBe(2)
    expect(await run('S3DeleteOperator', { bucket: 'lake', prefix: 'days/' })).toBe(3)
    expect(await list({ bucket: 'lake', prefix: 'days/' })).toEqual([])
    expect((await failure(run('S3DeleteOperator', { bucket: 'lake' }))).message).toBe('Give either keys or prefix.')
  })

  it('are waited for, several of them and by pattern', async () => {
    const poke = async (config: object): Promise<unknown> =>
      S3KeySensor!.poke({ wildcard_match: false, ...config }, testContext([connection]))
    expect(await poke({ bucket_name: 'lake', bucket_key: ['in/a.csv', 's3://other/b.csv'] })).toBe(false)
    await put({ s3_bucket: 'lake', s3_key: 'in/a.csv', data: 'x' })
    expect(await poke({ bucket_name: 'lake', bucket_key: ['in/a.csv', 's3://other/b.csv'] })).toBe(false)
    await put({ s3_bucket: 'other', s3_key: 'b.csv', data: 'x' })
    expect(await poke({ bucket_name: 'lake', bucket_key: ['in/a.csv', 's3://other/b.csv'] })).toBe(true)
    expect(await poke({ bucket_key: 's3://lake/in/?.c*', wildcard_match: true })).toBe(true)
    expect(await poke({ bucket_key: 's3://lake/in/?.x*', wildcard_match: true })).toBe(false)
    expect((await failure(poke({ bucket_name: 'nix', bucket_key: 'a' }))).message).toContain('there is no such bucket')
  })
})

describe('a cancelled task', () => {
  it('leaves no parts of its upload', async () => {
    await using line = await proxyTo(server.url, { bytes: MIB })
    const abort = new AbortController()
    const context = testContext([{ ...connection, extra: { ...connection.extra, endpoint_url: line.url } }], abort.signal)
    const large = join(folder.path, 'large.bin')
    await writeFile(large, Buffer.alloc(17 * MIB))
    const work = failure(put({ s3_bucket: 'other', s3_key: 'cancelled', filename: large }, context))
    const uploads = async (): Promise<number> =>
      (await direct.send(new ListMultipartUploadsCommand({ Bucket: 'other' }))).Uploads?.length ?? 0
    await expect.poll(uploads).toBe(1)
    abort.abort()
    expect((await work).message).toBe('Upload to s3://other/cancelled was cancelled with the task.')
    expect(await uploads()).toBe(0)
  })

  it('leaves no part of its file', async () => {
    const to = join(folder.path, 'cancelled', 'to.bin')
    await using line = await proxyTo(server.url, { bytes: MIB })
    const abort = new AbortController()
    const context = testContext([{ ...connection, extra: { ...connection.extra, endpoint_url: line.url } }], abort.signal)
    const work = failure(run('S3GetObjectOperator', { s3_bucket: 'lake', s3_key: 'large', filename: to }, context))
    const names = (): Promise<string[]> => readdir(join(folder.path, 'cancelled')).catch(() => [])
    await expect.poll(names).toEqual([expect.stringMatching(/^to\.bin\..*\.part$/)])
    abort.abort()
    expect((await work).message).toBe('Download of s3://lake/large was cancelled with the task.')
    expect(await names()).toEqual([])
  })
})

describe('what is wrong with a connection', () => {
  it('is said, without its secrets', async () => {
    const tried = async (change: Partial<Connection>, config: object = {}): Promise<string> => {
      const error = await failure(
        run('S3GetObjectOperator', { s3_bucket: 'lake', s3_key: 'a', ...config }, testContext([{ ...connection, ...change }])),
      )
      expect(error.message).not.toContain('opensesame')
      return error.message
    }
    const extra = connection.extra ?? {}
    expect(await tried({}, { s3_bucket: 'nix' })).toBe(
      `Download of s3://nix/a: there is no such bucket (NoSuchBucket, 404). Connection aws_default (${server.url}).`,
    )
    expect(await tried({ password: null })).toContain('it has no password (the secret access key)')
    expect(await tried({ extra: { ...extra, endpoint_url: 'localhost:9000' } })).toContain('must be an address such as https://')
    expect(await tried({ extra: { ...extra, role_arn: 'arn:x' } })).toContain('asks for another role, which this operator does not take on')
    expect(await tried({ conn_type: 'postgres' })).toContain('is of type postgres; S3 needs one of type aws')
    expect(await tried({}, { s3_bucket: 'lake', s3_key: 's3://lake/a' })).toContain('leave s3_bucket out')
    expect(await tried({}, { s3_bucket: undefined })).toContain('s3_bucket is missing')
    expect(await tried({}, { aws_conn_id: 'nix' })).toContain("nix isn't defined")
    expect(await tried({ extra: { ...extra, endpoint_url: 'http://127.0.0.1:1' } })).toContain(
      'cannot be reached: nothing listens there (ECONNREFUSED)',
    )
  })

  it('is said of refused credentials', async () => {
    // From the second request on this server asks who it is.
    await fetch(`${server.url}/moto-api/reset-auth`, { method: 'POST', body: '0' })
    try {
      expect((await failure(get({ s3_bucket: 'lake', s3_key: 'a' }))).message).toContain(
        'the access key id (login of the connection) is not known there (InvalidAccessKeyId, 403)',
      )
    } finally {
      await fetch(`${server.url}/moto-api/reset-auth`, { method: 'POST', body: 'inf' })
    }
  })

  it('is no matter of a line that breaks once: the request is sent again', async () => {
    await using line = await proxyTo(server.url, { refused: 1 })
    const context = testContext([{ ...connection, extra: { ...connection.extra, endpoint_url: line.url } }])
    expect(await put({ s3_bucket: 'lake', s3_key: 'again', data: 'x' }, context)).toMatchObject({ size: 1 })
    expect(line.connections()).toBe(2)
  })
})

describe('patterns', () => {
  it('are those of fnmatch', () => {
    const answers = (pattern: string, keys: string[]): boolean[] => keys.map((key) => wildcard(pattern).matches(key))
    expect(answers('a/*.c?v', ['a/b.csv', 'a/b/c.csv', 'a/.cv', 'A/b.csv'])).toEqual([true, true, false, false])
    expect(answers('[!a-c]]+(x)', ['d]+(x)', 'b]+(x)'])).toEqual([true, false])
    expect(wildcard('days/2026-*').prefix).toBe('days/2026-')
  })
})
