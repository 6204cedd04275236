/** Bundles: the files of one parse, by content. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { BundleFile } from '#contract/dagSpec.ts'
import { absoluteOf, besideOf } from './inputHash.ts'

/** SHA-256 of the manifest: one line per file in order of path, the DAG file first. */
export function bundleHash(files: readonly BundleFile[]): string {
  const hash = createHash('sha256')
  for (const file of files) hash.update(`${JSON.stringify([file.path, file.sha256, file.size])}\n`)
  return hash.digest('hex')
}

/** A file is not any more what the parse read: parse again. */
export class FileChanged extends Error {
  override readonly name = 'FileChanged'
}

/** Contents of the files whose hashes are wanted, each checked against its hash. */
export async function readBlobs(p: { root: string; files: readonly BundleFile[] }): Promise<{ sha256: string; content: Uint8Array }[]> {
  const blobs: { sha256: string; content: Uint8Array }[] = []
  for (const file of p.files) {
    const content = (await readIf(absoluteOf(p.root, file.path), file.sha256)) ?? (await readIf(besideOf(p.root, file.path), file.sha256))
    if (content === null) throw new FileChanged(`${file.path} changed while it was parsed`)
    blobs.push({ sha256: file.sha256, content })
  }
  return blobs
}

async function readIf(path: string | null, sha256: string): Promise<Uint8Array | null> {
  if (path === null) return null
  const content = await readFile(path).catch(() => null)
  return content !== null && createHash('sha256').update(content).digest('hex') === sha256 ? content : null
}
