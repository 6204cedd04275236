/** Blocks of TypeScript in the documents typecheck, as plugins do. Those of one document with a name are one program. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { blocksOf, documents, ROOT, type Block } from '../testing/documentation.ts'

// Within the repository: packages and their types are looked up from where a file lies.
mkdirSync(join(ROOT, '.cache'), { recursive: true })
const folder = mkdtempSync(join(ROOT, '.cache/documents-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const blocks = documents()
  .flatMap(blocksOf)
  .filter(({ language, notRun }) => ['ts', 'typescript'].includes(language) && notRun === null)

const WRONG: Block = {
  file: 'wrong.md',
  line: 10,
  language: 'ts',
  name: '',
  text: '\nconst a: string = 1\n',
  notRun: null,
  ends: 'success',
}

test('each block typechecks, and a wrong one would be seen', { timeout: 120_000 }, () => {
  const places = new Map<string, Block>()
  for (const block of [...blocks, WRONG]) {
    const name = block.name === '' ? `block${block.line}.ts` : block.name
    const path = join(folder, block.file.replace(/\W/g, '_'), name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, `${block.text}export {}\n`)
    places.set(relative(folder, path), block)
  }
  const options = {
    noUnusedLocals: false,
    noUnusedParameters: false,
    types: ['node'],
    lib: ['ES2024'],
    noEmit: true,
    paths: { 'vortex/plugin': ['../../plugins/api/index.ts'] },
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: '../../tsconfig.base.json', compilerOptions: options, include: ['*/**/*.ts'] }),
  )
  const { stdout } = spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', '.', '--pretty', 'false'], {
    cwd: folder,
    encoding: 'utf8',
  })
  const problems = stdout.split('\n').flatMap((line) => {
    const [, path = '', at = '0', message = ''] = /^(.+?)\((\d+),\d+\): error (.+)$/.exec(line) ?? []
    const block = places.get(path)
    return message === '' ? [] : [`${block === undefined ? path : `${block.file}:${block.line + Number(at) - 1}`}: ${message}`]
  })
  expect(problems).toEqual(["wrong.md:11: TS2322: Type 'number' is not assignable to type 'string'."])
})
