/** Pages ask no other host for anything, and the policy that forbids it allows no inline or evaluated script. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startRealServer, type RealServer } from './realServer.ts'

const DAG = `from datetime import datetime
from vortex import DAG, EmptyOperator

with DAG("plain", start_date=datetime(2026, 1, 1), schedule="@daily"):
    EmptyOperator(task_id="a") >> EmptyOperator(task_id="b")
`
const PATHS = [
  '/',
  '/dags',
  '/runs',
  '/dags/plain',
  '/dags/plain/graph',
  '/dags/plain/gantt',
  '/dags/plain/calendar',
  '/dags/plain/durations',
  '/dags/plain/versions',
  '/dags/plain/audit',
  '/dags/plain/code',
  '/files/plain.py',
  '/schedules',
  '/admin/system',
]

let server: RealServer
beforeAll(async () => {
  server = await startRealServer({ dags: { 'plain.py': DAG } })
}, 60_000)
afterAll(async () => {
  await server.stop()
})

it('asks no other host, on any page, and breaks no rule of its policy', async () => {
  const page = await server.open('/')
  const asked = new Set<string>()
  page.context().on('request', (request) => {
    // Images and workers that a page makes itself have no host.
    if (!/^(data|blob):/.test(request.url())) asked.add(new URL(request.url()).origin)
  })
  const broken: string[] = []
  await page.exposeFunction('policyBroken', (what: string) => broken.push(what))
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      ;(window as unknown as { policyBroken: (what: string) => void }).policyBroken(
        `${violatedDirective} ${blockedURI} at ${location.pathname}`,
      )
    })
  })
  for (const path of PATHS) {
    await page.goto(path)
    await page.locator('main').first().waitFor()
    await page.waitForLoadState('load')
  }
  expect([...asked]).toEqual([server.url])
  expect(broken).toEqual([])
}, 60_000)

it('is served under a policy without inline or evaluated scripts', async () => {
  const answer = await fetch(server.url)
  const policy = answer.headers.get('content-security-policy') ?? ''
  const scripts = /script-src ([^;]+)/.exec(policy)?.[1]
  expect(scripts).toBe("'self'")
  expect(/connect-src ([^;]+)/.exec(policy)?.[1]).toBe("'self'")
  expect(/default-src ([^;]+)/.exec(policy)?.[1]).toMatch(/^'(self|none)'$/)
})
