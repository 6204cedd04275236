import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ParseResult } from '#contract/dagSpec.ts'
import { openSqlite } from '#db/sqlite/open.ts'
import { systemClock } from '#runtime/clock.ts'
import { temporaryFolder } from '#testkit/databases.ts'
import { makeDagSpec } from '#testkit/makeDagSpec.ts'
import { ParseStore } from './storeParse.ts'

test('contents that retention removed are stored again when the file has them again', async () => {
  await using folder = await temporaryFolder()
  const store = await openSqlite({ folder: folder.path })
  try {
    const parses = new ParseStore({
      store,
      engine: { dagsChanged: () => Promise.resolve() },
      publish: () => undefined,
      clock: systemClock,
      dags_folder: folder.path,
      paused_default: true,
    })
    const sha = (content: string): string => createHash('sha256').update(content).digest('hex')
    const save = async (content: string): Promise<void> => {
      await writeFile(join(folder.path, 'a.py'), content)
      const result = {
        file: 'a.py',
        error: null,
        dags: [makeDagSpec('a')],
        bundle_files: [{ path: 'a.py', sha256: sha(content), size: content.length }],
        inputs: { files: [], variables: [], environment: [] },
        duration_ms: 1,
        fork_hazard: null,
      } as unknown as ParseResult
      await parses.save({ result, hash: sha(content), known: null })
    }
    await save('one')
    await save('two')
    // As retention does, once the first version is old.
    await store.dagVersionsDelete({ ids: await store.dagVersionsUnused({ before: systemClock.now() + 1000, limit: 10 }) })
    while ((await store.filesDelete(await store.filesUnused({ limit: 10 }))) > 0);
    expect(await store.blobsHave({ hashes: [sha('one'), sha('two')] })).toEqual([sha('two')])
    await save('one')
    expect(await store.blobsHave({ hashes: [sha('one')] })).toEqual([sha('one')])
  } finally {
    await store.close()
  }
})
