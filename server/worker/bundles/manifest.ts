/** What a bundle holds, checked before a byte of it touches the disk. */
import { BUNDLE_BYTES_MAX, BUNDLE_FILES_MAX } from '#swarm/limits.ts'

export interface ManifestFile {
  path: string
  sha256: string
  size: number
}
export interface Manifest {
  hash: string
  files: ManifestFile[]
}

/** The bundle is not what it says it is, or wants to leave its folder. Trying again does not help. */
export class BadBundleError extends Error {
  override readonly name = 'BadBundleError'
}

const SHA256 = /^[0-9a-f]{64}$/

export function parseManifest(json: string, hash: string): Manifest {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (cause) {
    throw new BadBundleError(`the manifest of bundle ${hash} is no JSON`, { cause })
  }
  if (!isManifest(value) || value.hash !== hash)
    throw new BadBundleError(`the manifest of bundle ${hash} names another bundle, or has another form`)
  if (value.files.length === 0 || value.files.length > BUNDLE_FILES_MAX)
    throw new BadBundleError(`bundle ${hash} has ${value.files.length} files; from 1 to ${BUNDLE_FILES_MAX} are allowed`)
  let bytes = 0
  const seen = new Set<string>()
  for (const file of value.files) {
    checkPath(file.path, hash)
    // Two spellings of one file on a file system that ignores case would overwrite each other.
    const folded = file.path.toLowerCase()
    if (seen.has(folded)) throw new BadBundleError(`bundle ${hash} has ${JSON.stringify(file.path)} twice`)
    seen.add(folded)
    bytes += file.size
  }
  if (bytes > BUNDLE_BYTES_MAX) throw new BadBundleError(`bundle ${hash} has ${bytes} bytes; ${BUNDLE_BYTES_MAX} are allowed`)
  return value
}

function isManifest(value: unknown): value is Manifest {
  if (typeof value !== 'object' || value === null || !('hash' in value) || !('files' in value) || !Array.isArray(value.files)) return false
  return value.files.every((file: unknown) => {
    if (typeof file !== 'object' || file === null) return false
    const { path, sha256, size } = file as Record<string, unknown>
    return (
      typeof path === 'string' && typeof sha256 === 'string' && SHA256.test(sha256) && Number.isSafeInteger(size) && (size as number) >= 0
    )
  })
}

/** Relative, forward slashes, plain names only: nothing that any operating system reads as another place. */
function checkPath(path: string, hash: string): void {
  const isPlain =
    path !== '' &&
    path.length <= 1024 &&
    path.split('/').every((name) => name !== '' && name !== '.' && name !== '..' && Buffer.byteLength(name) <= 255)
  if (!isPlain || /[\\:\u0000-\u001f]/.test(path))
    throw new BadBundleError(`bundle ${hash} has a file with the path ${JSON.stringify(path)}, which is not allowed`)
}
