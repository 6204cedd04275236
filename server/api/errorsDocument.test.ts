import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { ERRORS } from '#contract/errors.ts'

it('docs/errors.md lists every error code with its status and meaning, and no other', async () => {
  const text = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8')
  const rows = [...text.matchAll(/^\| `(\w+)` \| (\d+) \| (.*?) \| .+ \|$/gm)].map(([, code, status, meaning]) => [
    code,
    Number(status),
    meaning,
  ])
  expect(rows).toEqual(Object.entries(ERRORS).map(([code, { status, meaning }]) => [code, status, meaning]))
})
