/**
 * The JSON Schema of YAML and JSON DAG files, as the Python package publishes it (python/vortex/factory/schema.py). The files are checked by
 * the very same; here it is handed on to editors.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { INSTALL_ROOT } from './version.ts'

let reading: Promise<Record<string, unknown>> | null = null

export function readDagSchema(): Promise<Record<string, unknown>> {
  reading ??= readFile(join(INSTALL_ROOT, 'python/vortex/factory/dag-schema.json'), 'utf8').then(
    (text) => JSON.parse(text) as Record<string, unknown>,
  )
  // An installation that is mended while it runs is read again.
  reading.catch(() => (reading = null))
  return reading
}
