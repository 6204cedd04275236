/** Every link of the documents leads somewhere: files are there, and so are the headings that anchors name. */
import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'
import { documents, lineAt, proseOf, ROOT } from '../testing/documentation.ts'

const LINK = /!?\[(?:[^\]\\]|\\.)*\]\(([^)\s]+)\)/g

/** Anchors of its headings, as GitHub makes them. */
function anchorsOf(file: string): Set<string> {
  const found = new Set<string>()
  for (const [, title = ''] of proseOf(file).matchAll(/^#+ +(.+)$/gm)) {
    const slug = title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-')
    let free = slug
    for (let number = 1; found.has(free); number++) free = `${slug}-${number}`
    found.add(free)
  }
  return found
}

function problemOf(file: string, target: string): string | null {
  if (/^(https?|mailto|vortex):/.test(target)) return null
  const [path = '', anchor] = target.split('#')
  const to = path === '' ? file : normalize(join(dirname(file), path))
  if (!existsSync(join(ROOT, to))) return `there is no ${to}`
  if (anchor === undefined) return null
  return anchorsOf(to).has(anchor) ? null : `${to} has no heading #${anchor}`
}

test.each(documents())('links of %s', (file) => {
  const text = proseOf(file)
  const problems = [...text.matchAll(LINK)].flatMap((found) => {
    const problem = problemOf(file, found[1] ?? '')
    return problem === null ? [] : [`${file}:${lineAt(text, found.index)}: ${found[1] ?? ''}: ${problem}`]
  })
  expect(problems).toEqual([])
})

test('every document is found from the README', () => {
  const found = new Set(['README.md'])
  for (const file of found)
    for (const [, target = ''] of proseOf(file).matchAll(LINK)) {
      const to = normalize(join(dirname(file), target.split('#')[0] ?? ''))
      if (documents().includes(to)) found.add(to)
    }
  // Decisions are linked as a folder.
  expect(documents().filter((file) => !found.has(file) && !file.startsWith('docs/decisions/'))).toEqual([])
})

test('broken links are seen', () => {
  expect(problemOf('docs/using.md', 'nowhere.md')).toBe('there is no docs/nowhere.md')
  expect(problemOf('docs/using.md', '../README.md#no-such-heading')).toBe('README.md has no heading #no-such-heading')
  expect(problemOf('docs/using.md', '../README.md#on-servers')).toBeNull()
})
