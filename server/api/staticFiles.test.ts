import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApi, type TestApi } from '#testkit/apiServer.ts'

const PAGE = '<!doctype html><title>dashboard</title>'
let folder: string
let api: TestApi
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vortex-static-'))
  const built = join(folder, 'dist')
  await mkdir(join(built, 'assets'), { recursive: true })
  await writeFile(join(built, 'index.html'), PAGE)
  await writeFile(join(built, 'assets', 'app-1a2b.js'), 'let a')
  await writeFile(join(built, 'assets', 'app-1a2b.js.br'), brotliCompressSync('let a'))
  await writeFile(join(folder, 'secret.txt'), 'canary')
  await symlink(join(folder, 'secret.txt'), join(built, 'link.txt'))
  api = await startTestApi({ options: { renderer_folder: built } })
})
afterAll(async () => {
  await api.close()
  await rm(folder, { recursive: true, force: true })
})

describe("the dashboard's files", () => {
  it.each(['/', '/index.html', '/dags/my.dag/runs/r1?tab=graph', '/sign-in'])(
    'answer %s with the page, asked for anew each time',
    async (url) => {
      const { statusCode, headers, body } = await api.call({ url })
      expect([statusCode, body, headers['cache-control'], headers['content-type']]).toEqual([
        200,
        PAGE,
        'no-cache',
        'text/html; charset=utf-8',
      ])
    },
  )
  it('are not sent again while unchanged', async () => {
    const etag = String((await api.call({ url: '/' })).headers['etag'])
    expect((await api.call({ url: '/', headers: { 'if-none-match': etag } })).statusCode).toBe(304)
  })
  it('with a hash in the name are kept for a year, compressed if the browser can', async () => {
    const plain = await api.call({ url: '/assets/app-1a2b.js' })
    expect([plain.body, plain.headers['cache-control'], plain.headers['content-type']]).toEqual([
      'let a',
      'public, max-age=31536000, immutable',
      'text/javascript; charset=utf-8',
    ])
    const small = await api.call({ url: '/assets/app-1a2b.js', headers: { 'accept-encoding': 'gzip, br' } })
    expect([small.headers['content-encoding'], small.headers['vary'], small.headers['content-type']]).toEqual([
      'br',
      'accept-encoding',
      'text/javascript; charset=utf-8',
    ])
  })
  it('that are missing are no page', async () => {
    expect((await api.call({ url: '/assets/app-old.js' })).statusCode).toBe(404)
  })
  it.each([
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/link.txt',
    '//etc/passwd',
    '/assets/%00',
    '/..\\secret.txt',
  ])('never lead elsewhere: %s', async (url) => {
    expect((await api.call({ url })).body).not.toMatch(/canary|root:/)
  })
  it('are no answer to a change', async () => {
    expect((await api.call({ method: 'POST', url: '/dags' })).statusCode).toBe(404)
  })
  it('of a new build are found without a restart', async () => {
    await writeFile(join(folder, 'dist', 'assets', 'app-2b3c.js'), 'let b')
    await writeFile(join(folder, 'dist', 'index.html'), `${PAGE}2`)
    await utimes(join(folder, 'dist', 'index.html'), new Date(), new Date(Date.now() + 5000))
    expect((await api.call({ url: '/assets/app-2b3c.js' })).body).toBe('let b')
  })
  it('that were never built say how to build them', async () => {
    const bare = await startTestApi({ options: { renderer_folder: join(folder, 'nothing') } })
    const { statusCode, body } = await bare.call({ url: '/' })
    expect([statusCode, body]).toEqual([503, expect.stringContaining('npm run build')])
    expect((await bare.call({ url: '/api/nothing' })).json<{ code: string }>().code).toBe('not_found')
    await bare.close()
  })
})
