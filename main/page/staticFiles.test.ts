import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { servePage } from './staticFiles.ts'

let folder: string
let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vortex-page-'))
  folder = join(root, 'renderer')
  await mkdir(join(folder, 'assets'), { recursive: true })
  await writeFile(join(folder, 'index.html'), '<p>page</p>')
  await writeFile(join(folder, 'assets/a-1.js'), 'export {}')
  await writeFile(join(root, 'secret.json'), '{}')
})
afterAll(() => rm(root, { recursive: true, force: true }))

it('serves files by type, and the page for every view', async () => {
  const script = await servePage(folder, '/assets/a-1.js')
  expect([script.headers.get('content-type'), await script.text()]).toEqual(['text/javascript; charset=utf-8', 'export {}'])
  expect(await (await servePage(folder, '/dags/my.dag.json/runs/manual%201')).text()).toBe('<p>page</p>')
  expect((await servePage(folder, '/assets/gone.js')).status).toBe(404)
})

it('serves nothing from outside its folder', async () => {
  for (const path of ['/../secret.json', '/..%2fsecret.json', '/assets/..%2f..%2fsecret.json', '/%2e%2e/secret.json'])
    expect(await (await servePage(folder, path)).text()).not.toBe('{}')
  expect((await servePage(folder, '/%00')).status).toBe(400)
  expect((await servePage(folder, '/%E0%A4%A')).status).toBe(400)
})

it('lets no script run but its own', async () => {
  const policy = (await servePage(folder, '/')).headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).toMatch(/script-src 'self'(;|$)/)
  expect(policy).toContain("connect-src 'self'")
})
