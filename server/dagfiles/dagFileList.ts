/** The DAG files of a folder, once and without watching it: for commands that look at a folder that no server serves. */
import { join } from 'node:path'
import { systemClock } from '#runtime/clock.ts'
import { ContentCache } from './contentCache.ts'
import { eachOf } from './eachOf.ts'
import { FolderIndex } from './folderIndex.ts'

const READ_AT_ONCE = 8

export interface DagFileList {
  /** Files that the server would parse: no .airflowignore excludes them, and they speak of DAGs (Airflow's safe mode). */
  dag_files: string[]
  /** The other Python files: helpers. */
  helpers: string[]
  /** Python files that cannot be read. */
  unreadable: string[]
  /** What could not be looked at, and why. */
  notices: string[]
}

/** Paths are relative to `root`, with forward slashes, in order. */
export async function listDagFiles(root: string, syntax: string | undefined): Promise<DagFileList> {
  const index = new FolderIndex(root, syntax === 'glob' || syntax === 'regexp' ? syntax : null)
  await index.refreshAll()
  const contents = new ContentCache(systemClock)
  const found: DagFileList = { dag_files: [], helpers: [], unreadable: [], notices: index.notices }
  await eachOf(index.pythonFiles(), READ_AT_ONCE, async (file) => {
    const content = await contents.look(join(root, file))
    if (content === null) found.unreadable.push(file)
    else if (content.mentions_dag) found.dag_files.push(file)
    else found.helpers.push(file)
  })
  for (const files of [found.dag_files, found.helpers, found.unreadable]) files.sort()
  return found
}
