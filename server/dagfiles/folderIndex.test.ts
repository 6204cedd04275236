import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FolderIndex } from './folderIndex.ts'

let root = ''
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'vortex-index-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

async function write(file: string, text = ''): Promise<void> {
  await mkdir(dirname(join(root, file)), { recursive: true })
  await writeFile(join(root, file), text)
}

test('Python files are found in all folders but those that hold no DAG files', async () => {
  for (const file of [
    'a.py',
    'sub/deep/b.py',
    '.git/c.py',
    '__pycache__/d.py',
    'venv2/pyvenv.cfg',
    'venv2/e.py',
    'node_modules/f.py',
    'notes.txt',
  ])
    await write(file)
  const index = new FolderIndex(root, null)
  await index.refreshAll()
  expect(index.candidates()).toEqual(['a.py', 'sub/deep/b.py'])
})

test('a refresh of one folder tells what came, changed and went', async () => {
  await write('sub/a.py', 'one')
  await write('sub/b.py')
  const index = new FolderIndex(root, null)
  expect([...(await index.refreshAll())].sort()).toEqual(['sub/a.py', 'sub/b.py'])
  await write('sub/a.py', 'longer')
  await rm(join(root, 'sub/b.py'))
  await write('sub/new/c.py')
  expect([...(await index.refresh(['sub']))].sort()).toEqual(['sub/a.py', 'sub/b.py', 'sub/new/c.py'])
  await rename(join(root, 'sub'), join(root, 'moved'))
  expect([...(await index.refresh(['']))].sort()).toEqual(['moved/a.py', 'moved/new/c.py', 'sub/a.py', 'sub/new/c.py'])
  expect(await index.refreshAll()).toEqual(new Set())
})

test('.airflowignore holds for its folder and below, and a change of it is seen', async () => {
  await write('team/.airflowignore', 'skip_me\n')
  for (const file of ['skip_me.py', 'team/skip_me.py', 'team/sub/skip_me_too.py', 'team/ok.py']) await write(file)
  const index = new FolderIndex(root, null)
  await index.refreshAll()
  expect(index.candidates()).toEqual(['skip_me.py', 'team/ok.py'])
  await write('team/.airflowignore', '# nothing at all\n')
  await index.refresh(['team'])
  expect(index.candidates()).toHaveLength(4)
})

test('links to folders are followed, but never in a ring', async () => {
  await write('real/a.py')
  await symlink(join(root, 'real'), join(root, 'linked'))
  await symlink(root, join(root, 'real', 'ring'))
  const index = new FolderIndex(root, null)
  await index.refreshAll()
  expect(index.candidates()).toEqual(['linked/a.py', 'real/a.py'])
})

test('the listing of data files changes with them, not with code or with what tasks write', async () => {
  await write('dag.py')
  await write('sql/q.sql', 'select 1')
  const index = new FolderIndex(root, null)
  await index.refreshAll()
  const before = index.dataListing('', new Map())
  await write('dag.py', 'changed')
  await write('run.log', 'x')
  await index.refreshAll()
  expect(index.dataListing('', new Map())).toBe(before)
  await write('sql/q.sql', 'select 22')
  await index.refreshAll()
  expect(index.dataListing('', new Map())).not.toBe(before)
})
