/** Paths of the API and environment variables that the documents name exist. */
import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { routes } from '#contract/routes.ts'
import { documents, lineAt, ROOT, textOf } from '../testing/documentation.ts'

/** Beside the operations: the document of the API itself. */
const OTHERS = [['GET', '/api/openapi.json']] as const
const KNOWN = [...Object.values(routes).map(({ method, path }) => [method, path] as const), ...OTHERS]

function isRoute(method: string | undefined, path: string): boolean {
  const given = path.split(/[?#]/)[0]?.split('/') ?? []
  return KNOWN.some(([known, route]) => {
    const parts = route.split('/')
    const fits = parts.length === given.length && parts.every((part, index) => part.startsWith(':') || part === given[index])
    return fits && (method === undefined || method === known)
  })
}

test.each(documents())('paths of the API in %s', (file) => {
  const text = textOf(file)
  const problems = [...text.matchAll(/(?:\b(GET|POST|PUT|PATCH|DELETE) )?(?<![A-Za-z])(\/api\/[A-Za-z][\w/:.?=-]*)/g)].flatMap((found) => {
    const [, method, path = ''] = found
    return isRoute(method, path.replace(/[.:]$/, ''))
      ? []
      : [`${file}:${lineAt(text, found.index)}: ${method ?? ''} ${path}: no such operation`]
  })
  expect(problems).toEqual([])
})

test('wrong paths are seen', () => {
  expect(isRoute('GET', '/api/dags/ID/unpause-preview')).toBe(true)
  expect(isRoute('POST', '/api/dags/ID/unpause-preview')).toBe(false)
  expect(isRoute(undefined, '/api/dag')).toBe(false)
})

test('environment variables that documents name are read by the product', () => {
  const list = (paths: string[]): Map<string, string> => {
    // Names that end in an underscore are the beginnings of others: VORTEX_VAR_<NAME>.
    const { stdout } = spawnSync('git', ['grep', '-noE', '\\bVORTEX_[A-Z0-9_]+', '--', ...paths], {
      cwd: ROOT,
      encoding: 'utf8',
      maxBuffer: 64e6,
    })
    return new Map(
      stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => {
          const [file = '', number = '', name = ''] = line.split(':')
          return [name, `${file}:${number}: ${name}`]
        }),
    )
  }
  const read = list([
    'server',
    'main',
    'scripts',
    'bench',
    'bin',
    'python/vortex',
    'e2e',
    'plugins',
    ':!*.test.ts',
    ':!server/cli/documentation',
  ])
  const named = list(['README.md', 'CONTRIBUTING.md', 'docs'])
  expect(named.size).toBeGreaterThan(15)
  const isRead = (name: string): boolean =>
    read.has(name) || [...read.keys()].some((known) => known.endsWith('_') && name.startsWith(known))
  expect([...named].filter(([name]) => !isRead(name)).map(([, place]) => place)).toEqual([])
})
