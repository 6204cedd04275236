import { afterAll } from 'vitest'
import { temporaryFolder, type TemporaryFolder } from '#testkit/databases.ts'
import { openSqlite } from '../sqlite/open.ts'
import { conformance } from './conformance.ts'

let folder: TemporaryFolder | null = null
// Before the suite's own: hooks run last come, first served, and the store closes before its folder goes.
afterAll(() => folder?.[Symbol.asyncDispose]())
conformance(async () => {
  folder = await temporaryFolder()
  return openSqlite({ folder: folder.path })
})
