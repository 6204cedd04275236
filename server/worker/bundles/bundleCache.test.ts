import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { credentials, Metadata } from '@grpc/grpc-js'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '#runtime/clock.ts'
import type { BundleRecord } from '#db/records.ts'
import { SwarmClient } from '#swarm/gen/vortex/swarm/v1/swarm.ts'
import { makeDagSpec } from '#testkit/makeDagSpec.ts'
import { makeDagFile } from '#testkit/makeRecords.ts'
import type { Connection } from '../session/connection.ts'
import { type SwarmBench, startBench, TOKEN } from '../testing/swarmBench.ts'
import { BundleCache } from './bundleCache.ts'
import { parseManifest } from './manifest.ts'

let bench: SwarmBench
let connection: Connection
let fetches: { hash: string; manifest_only: boolean; have: string[] }[]

beforeEach(async () => {
  bench = await startBench()
  fetches = []
  const client = new SwarmClient(`unix:${bench.folder}/swarm.sock`, credentials.createInsecure())
  const metadata = new Metadata()
  metadata.set('authorization', `Bearer ${TOKEN}`)
  const fetchBundle = client.fetchBundle.bind(client) as (...args: unknown[]) => unknown
  const counting = Object.assign(Object.create(client) as SwarmClient, {
    fetchBundle: (request: (typeof fetches)[number], ...rest: unknown[]) => (fetches.push(request), fetchBundle(request, ...rest)),
  })
  connection = { client: counting, metadata } as unknown as Connection
})
afterEach(async () => {
  connection.client.close.call(Object.getPrototypeOf(connection.client))
  await bench.close()
})

const sha = (content: string): string => createHash('sha256').update(content).digest('hex')

/** Stores a bundle as a parse does. `change` may make it lie. */
async function putBundle(files: Record<string, string>, change: (bundle: BundleRecord) => void = () => undefined): Promise<string> {
  const bundle: BundleRecord = {
    hash: '',
    files: Object.entries(files).map(([path, content]) => ({ path, sha256: sha(content), size: Buffer.byteLength(content) })),
  }
  bundle.hash = sha(JSON.stringify(bundle.files))
  change(bundle)
  const file = `dag_${bundle.hash.slice(0, 8)}.py`
  await bench.store.blobsPut({ blobs: Object.values(files).map((content) => ({ sha256: sha(content), content: Buffer.from(content) })) })
  await bench.store.dagFileSave({
    record: makeDagFile(file),
    specs: [makeDagSpec(`dag_${bundle.hash.slice(0, 8)}`)],
    bundle,
    paused_default: true,
    now: 1,
  })
  return bundle.hash
}

async function makeCache(options: { dagsFolder?: string; limit_bytes?: number; offline?: boolean } = {}): Promise<BundleCache> {
  const { dagsFolder = '', offline = false, ...more } = options
  const cache = new BundleCache({
    folder: join(bench.folder, 'bundles'),
    clock: systemClock,
    connection: () => (offline ? null : connection),
    dagsFolder: () => dagsFolder,
    ...more,
  })
  await cache.start()
  return cache
}

describe('fetching', () => {
  test('a bundle appears whole, with folders, large and empty files', async () => {
    const files = { 'a.py': 'print(1)', 'pkg/__init__.py': '', 'pkg/deep/data.txt': 'x'.repeat(700_000), 'again.py': 'print(1)' }
    const hash = await putBundle(files)
    const use = await (await makeCache()).open(hash)
    for (const [path, content] of Object.entries(files)) expect(await readFile(join(use.root, path), 'utf8')).toBe(content)
  })

  test('ten who want the same bundle at once share one fetch', async () => {
    const hash = await putBundle({ 'a.py': 'one' })
    const cache = await makeCache()
    const uses = await Promise.all(Array.from({ length: 10 }, () => cache.open(hash)))
    expect(new Set(uses.map(({ root }) => root)).size).toBe(1)
    expect(fetches.filter(({ manifest_only }) => !manifest_only)).toHaveLength(1)
  })

  test('contents that another bundle has are not fetched again', async () => {
    const first = await putBundle({ 'a.py': 'one', 'shared.py': 'shared' })
    const second = await putBundle({ 'a.py': 'two', 'shared.py': 'shared' })
    const cache = await makeCache()
    await cache.open(first)
    const use = await cache.open(second)
    expect(fetches.at(-1)?.have).toEqual([sha('shared')])
    expect(await readFile(join(use.root, 'shared.py'), 'utf8')).toBe('shared')
  })

  test('a cache of an earlier process works without a controller, and is checked first', async () => {
    const hash = await putBundle({ 'a.py': 'one' })
    const use = await (await makeCache()).open(hash)
    expect(await (await makeCache({ offline: true })).open(hash)).toMatchObject({ root: use.root })
    await mkdir(join(bench.folder, 'bundles', 'new-1-1'))
    await import('node:fs/promises').then((fs) => fs.chmod(join(use.root, 'a.py'), 0o600))
    await writeFile(join(use.root, 'a.py'), 'changed by a task')
    await expect((await makeCache({ offline: true })).open(hash)).rejects.toThrow(/no controller to ask/)
    const again = await (await makeCache()).open(hash)
    expect(await readFile(join(again.root, 'a.py'), 'utf8')).toBe('one')
    expect(await readdir(join(bench.folder, 'bundles'))).toHaveLength(2)
  })

  test('the least recently used bundle goes when there is no room, but never one in use', async () => {
    const hashes = [
      await putBundle({ 'a.py': 'a'.repeat(400) }),
      await putBundle({ 'a.py': 'b'.repeat(400) }),
      await putBundle({ 'a.py': 'c'.repeat(400) }),
    ] as [string, string, string]
    const cache = await makeCache({ limit_bytes: 900 })
    const used = await cache.open(hashes[0])
    ;(await cache.open(hashes[1])).release()
    ;(await cache.open(hashes[2])).release()
    const left = (await readdir(join(bench.folder, 'bundles'))).filter((name) => !name.endsWith('.json'))
    expect(left.sort()).toEqual([hashes[0], hashes[2]].sort())
    used.release()
  })
})

describe('what is refused', () => {
  test('content that is not what its hash says', async () => {
    const hash = await putBundle({ 'a.py': 'honest' })
    const blobGet = bench.store.blobGet.bind(bench.store)
    Object.defineProperty(bench.store, 'blobGet', { value: async () => Buffer.from('forged'), configurable: true })
    await expect((await makeCache()).open(hash)).rejects.toThrow(/not what its SHA-256 says/)
    Object.defineProperty(bench.store, 'blobGet', { value: blobGet, configurable: true })
    expect(await readdir(join(bench.folder, 'bundles'))).toEqual([])
  })

  test('a bundle that the controller does not have', async () => {
    await expect((await makeCache()).open('f'.repeat(64))).rejects.toThrow(/there is no bundle/)
  })

  test.each([
    ['/etc/passwd'],
    ['../outside.py'],
    ['a/../../b.py'],
    ['a//b.py'],
    ['./a.py'],
    [''],
    ['C:\\a.py'],
    ['a\\..\\b.py'],
    ['a\u0000b.py'],
    ['x/'],
    ['a:b'],
    [`${'n'.repeat(256)}.py`],
  ])('a file with the path %j', (path) => {
    const hash = 'a'.repeat(64)
    expect(() => parseManifest(JSON.stringify({ hash, files: [{ path, sha256: hash, size: 1 }] }), hash)).toThrow(/not allowed/)
  })

  test.each([
    ['no JSON', '{', /no JSON/],
    ['another bundle', JSON.stringify({ hash: 'b'.repeat(64), files: [] }), /another bundle/],
    [
      'two files of one name',
      JSON.stringify({
        hash: 'a'.repeat(64),
        files: [
          { path: 'A.py', sha256: 'a'.repeat(64), size: 1 },
          { path: 'a.py', sha256: 'a'.repeat(64), size: 1 },
        ],
      }),
      /twice/,
    ],
    [
      'a size beyond the limit',
      JSON.stringify({ hash: 'a'.repeat(64), files: [{ path: 'a.py', sha256: 'a'.repeat(64), size: 1e12 }] }),
      /bytes; \d+ are allowed/,
    ],
  ])('a manifest with %s', (_, json, message) => {
    expect(() => parseManifest(json, 'a'.repeat(64))).toThrow(message)
  })

  test('a path that the database holds never reaches the disk', async () => {
    const hash = await putBundle({ '../../escaped.py': 'boo' })
    await expect((await makeCache()).open(hash)).rejects.toThrow(/not allowed/)
    expect(await readdir(bench.folder)).not.toContain('escaped.py')
  })

  test('a link that was planted where a bundle is built is not followed', async () => {
    const hash = await putBundle({ 'a.py': 'one' })
    const outside = join(bench.folder, 'outside')
    await mkdir(outside)
    await mkdir(join(bench.folder, 'bundles'))
    await symlink(outside, join(bench.folder, 'bundles', hash))
    const use = await (await makeCache()).open(hash)
    expect(await readFile(join(use.root, 'a.py'), 'utf8')).toBe('one')
    expect(await readdir(outside)).toEqual([])
  })
})

describe('in place', () => {
  test('a local worker uses the DAG folder while it is unchanged, and the cache when it is not', async () => {
    const hash = await putBundle({ 'dag.py': 'v1', 'lib/tool.py': 'tool' })
    const dagsFolder = join(bench.folder, 'dags')
    await mkdir(join(dagsFolder, 'lib'), { recursive: true })
    await writeFile(join(dagsFolder, 'dag.py'), 'v1')
    await writeFile(join(dagsFolder, 'lib/tool.py'), 'tool')
    const cache = await makeCache({ dagsFolder })
    expect((await cache.open(hash)).root).toBe(dagsFolder)
    await writeFile(join(dagsFolder, 'lib/tool.py'), 'TOOL')
    const use = await cache.open(hash)
    expect(use.root).not.toBe(dagsFolder)
    expect(await readFile(join(use.root, 'lib/tool.py'), 'utf8')).toBe('tool')
  })
})
