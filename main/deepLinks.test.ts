import { expect, it } from 'vitest'
import { linkOf, parseDeepLink } from './deepLinks.ts'

it('opens views, and nothing else', () => {
  expect(parseDeepLink('vortex://local/dags/etl/runs/manual%201?view=gantt')).toEqual({
    connection: 'local',
    path: '/dags/etl/runs/manual%201?view=gantt',
  })
  expect(parseDeepLink('vortex://warehouse-eu/runs')).toEqual({ connection: 'warehouse-eu', path: '/runs' })
  for (const path of ['/', '/connections?ask=1', '/api/dags/etl/trigger', '/sign-in', '//evil.example/dags'])
    expect(parseDeepLink(`vortex://local${path}`)).toEqual({ connection: 'local', path: '/' })
  for (const text of ['https://local/dags', 'vortex:dags', 'vortex://', `vortex://local/dags/${'x'.repeat(3000)}`])
    expect(parseDeepLink(text)).toBeNull()
})

it('finds the link among the arguments of a start', () => {
  expect(linkOf(['electron', '--no-sandbox', '.', 'vortex://local/dags'])).toEqual({ connection: 'local', path: '/dags' })
  expect(linkOf(['electron', '.'])).toBeNull()
})
