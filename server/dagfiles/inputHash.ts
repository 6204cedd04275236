/**
 * The hash that says whether a DAG file must be parsed again: its content, everything that its newest parse read, and the parser.
 * Equal hash = equal result, as far as the parse's inputs can be seen.
 */
import { createHash } from 'node:crypto'
import { isAbsolute, join } from 'node:path'
import { type ContentCache, listingOf } from './contentCache.ts'
import type { FolderIndex } from './folderIndex.ts'
import { splitPath } from './folderIndex.ts'

export interface Inputs {
  files: string[]
  variables: string[]
  connections?: string[]
  environment: string[]
}

export interface HashSources {
  index: FolderIndex
  contents: ContentCache
  /** Interpreter, package and settings: another parser may find something else. */
  fingerprint: string
  environment: Readonly<Record<string, string>>
  variable(key: string): Promise<string | null>
  /** A text that changes whenever the connection does; null = there is none of this id. */
  connectionStamp(conn_id: string): Promise<string | null>
}

/** `isFresh`: the whole index was refreshed just now, so that files of the folder need no look at the disk of their own. */
export async function inputHash(p: {
  file: string
  inputs: Inputs
  sources: HashSources
  listings: Map<string, string>
  isFresh?: boolean
}): Promise<string> {
  const { file, inputs, sources, listings, isFresh = false } = p
  const { index } = sources
  const contents = await Promise.all(
    [file, ...[...inputs.files].sort()].map(async (name) => {
      const path = isAbsolute(name) ? name : absoluteOf(index.root, name)
      if (name.endsWith('/')) return `${name} ${await listingOf(path)}`
      return `${name} ${(await sources.contents.look(path, isFresh ? index.stat(name) : null))?.sha256 ?? (await beside(sources, name)) ?? 'missing'}`
    }),
  )
  const variables = await Promise.all(
    [...inputs.variables]
      .sort()
      .map(async (key) => JSON.stringify([key, await sources.variable(key), environmentVariable(sources.environment, key)])),
  )
  const connections = await Promise.all(
    [...(inputs.connections ?? [])]
      .sort()
      .map(async (id) => JSON.stringify([id, await sources.connectionStamp(id), environmentConnection(sources.environment, id)])),
  )
  const environment = [...inputs.environment].sort().map((name) => JSON.stringify([name, sources.environment[name] ?? null]))
  const parts = [sources.fingerprint, contents, variables, connections, environment, index.dataListing(splitPath(file)[0], listings)]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

/** plugins/, config/ and include/ may lie beside the DAG folder; a bundle names them as if they lay in it. */
export function absoluteOf(root: string, name: string): string {
  return join(root, ...name.split('/'))
}
export function besideOf(root: string, name: string): string | null {
  return /^(plugins|config|include)\//.test(name) ? join(root, '..', ...name.split('/')) : null
}
async function beside(sources: HashSources, name: string): Promise<string | null> {
  const path = isAbsolute(name) ? null : besideOf(sources.index.root, name)
  return path === null ? null : ((await sources.contents.look(path))?.sha256 ?? null)
}

function environmentVariable(environment: Readonly<Record<string, string>>, key: string): string | null {
  return environment[`AIRFLOW_VAR_${key.toUpperCase()}`] ?? environment[`VORTEX_VAR_${key.toUpperCase()}`] ?? null
}
function environmentConnection(environment: Readonly<Record<string, string>>, conn_id: string): string | null {
  return environment[`AIRFLOW_CONN_${conn_id.toUpperCase()}`] ?? environment[`VORTEX_CONN_${conn_id.toUpperCase()}`] ?? null
}
