/** The DAG files of a folder, once and without watching it: for commands that look at a folder that no server serves. */
import { join } from 'node:path'
import { isDataDagName } from '#contract/dagFileNames.ts'
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
  await eachOf(index.candidates(), READ_AT_ONCE, async (file) => {
    const content = await contents.look(join(root, file))
    if (content?.mentions_dag === true) found.dag_files.push(file)
    else if (!isDataDagName(file)) (content === null ? found.unreadable : found.helpers).push(file)
  })
  for (const files of [found.dag_files, found.helpers, found.unreadable]) files.sort()
  return found
}
