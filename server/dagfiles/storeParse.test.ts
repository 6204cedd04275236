import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ParseResult } from '#contract/dagSpec.ts'
import type { LiveEvent } from '#contract/events.ts'
import { openSqlite } from '#db/sqlite/open.ts'
import { StoreUnavailable } from '#db/store.ts'
import { systemClock } from '#runtime/clock.ts'
import { temporaryFolder } from '#testkit/databases.ts'
import { makeDagSpec } from '#testkit/makeDagSpec.ts'
import { ParseStore } from './storeParse.ts'

const sha = (content: string): string => createHash('sha256').update(content).digest('hex')

/** Stores a file that defines one DAG of the same name. */
async function saveFile(parses: ParseStore, folder: string, name: string, content: string): Promise<void> {
  await writeFile(join(folder, `${name}.py`), content)
  const result = {
    file: `${name}.py`,
    error: null,
    dags: [makeDagSpec(name)],
    bundle_files: [{ path: `${name}.py`, sha256: sha(content), size: content.length }],
    inputs: { files: [], variables: [], connections: [], environment: [] },
    duration_ms: 1,
    fork_hazard: null,
  } as unknown as ParseResult
  await parses.save({ result, hash: sha(content), known: null })
}

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
    const save = (content: string): Promise<unknown> => saveFile(parses, folder.path, 'a', content)
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

test('what one file could not tell the engine is told later, also if another file was being told meanwhile', async () => {
  await using folder = await temporaryFolder()
  const store = await openSqlite({ folder: folder.path })
  try {
    const asked: { ids: string[]; answer: PromiseWithResolvers<void> }[] = []
    const published: LiveEvent[] = []
    const parses = new ParseStore({
      store,
      engine: {
        dagsChanged: ({ changed, stale }) => {
          const answer = Promise.withResolvers<void>()
          asked.push({ ids: [...changed.map(({ dag }) => dag.dag_id), ...stale.map((dag_id) => `-${dag_id}`)].sort(), answer })
          return answer.promise
        },
      },
      publish: (events) => published.push(...events),
      clock: systemClock,
      dags_folder: folder.path,
      paused_default: true,
    })
    const first = saveFile(parses, folder.path, 'a', '')
    await expect.poll(() => asked.length).toBe(1)
    const second = saveFile(parses, folder.path, 'b', '').catch((error: unknown) => error)
    // It is stored while the first one is still being told; nothing shows that it waits, but it must not be told beside it.
    await expect.poll(() => store.dagGet({ dag_id: 'b' })).not.toBeNull()
    const third = parses.remove('a.py').catch((error: unknown) => error)
    await expect.poll(async () => (await store.dagGet({ dag_id: 'a' }))?.is_stale).toBe(true)
    asked[1]?.answer.reject(new StoreUnavailable('down'))
    asked[0]?.answer.resolve()
    await first
    await expect.poll(() => asked.length).toBe(2)
    expect(asked[1]?.ids).toEqual(['-a', 'b'])
    asked[1]?.answer.reject(new StoreUnavailable('down'))
    expect(await second).toBeInstanceOf(StoreUnavailable)
    await expect.poll(() => asked.length).toBe(3)
    expect(asked[2]?.ids).toEqual(['-a', 'b'])
    asked[2]?.answer.resolve()
    expect(await third).toBeUndefined()
    expect(published.map((event) => 'dag_id' in event && event.dag_id)).toEqual(['a', 'a', 'b'])
    // All is told: nothing is repeated with the next file.
    const last = saveFile(parses, folder.path, 'c', '')
    await expect.poll(() => asked.length).toBe(4)
    expect(asked[3]?.ids).toEqual(['c'])
    asked[3]?.answer.resolve()
    await last
  } finally {
    await store.close()
  }
})
