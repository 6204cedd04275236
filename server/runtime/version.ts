/** The version of VORTEX, and where its parts lie, both from the sources and from the bundle in dist/server. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The folder that holds package.json, dags, migrations, python and dist. */
export const INSTALL_ROOT = findRoot(import.meta.dirname)

function findRoot(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'python', 'vortex')) && existsSync(join(folder, 'package.json'))) return folder
    if (dirname(folder) === folder) return start
  }
}

/** True when this code runs from the bundle. */
export const IS_BUNDLED = process.env['VORTEX_BUNDLED'] === '1'

export function readVersion(): string {
  const manifest = JSON.parse(readFileSync(join(INSTALL_ROOT, 'package.json'), 'utf8')) as { version: string }
  return manifest.version
}
