/** A small file of settings: read with a schema, written whole or not at all. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'

/** Its content, or `otherwise` if it is missing, torn or of another form. */
export function readJsonFile<T extends TSchema>(path: string, schema: T, otherwise: Static<T>): Static<T> {
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return Value.Check(schema, content) ? content : otherwise
  } catch {
    return otherwise
  }
}

export function writeJsonFile(path: string, content: unknown): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(`${path}.new`, JSON.stringify(content, null, 2), { mode: 0o600 })
  renameSync(`${path}.new`, path)
}
