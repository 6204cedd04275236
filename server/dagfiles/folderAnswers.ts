/** What every controller answers about the DAG folder from its own disk, whether or not it leads. */
import type { Health } from '#contract/admin.ts'
import type { PluginList } from '#contract/plugin.ts'
import { VortexError } from '#contract/errors.ts'
import type { Clock } from '#runtime/clock.ts'
import { childEnvironment } from './childEnvironment.ts'
import type { DagFilesService } from './dagFilesService.ts'
import { FolderFiles } from './editing/folderFiles.ts'
import type { ParseText } from './editing/previews.ts'
import { listPlugins } from './plugins/listPlugins.ts'
import { PluginLooks } from './plugins/pluginLooks.ts'

export interface FolderAnswers {
  files: FolderFiles
  parseText: ParseText
  plugins(): Promise<PluginList>
  reading(): Health['dag_files']
}

export function folderAnswers(p: {
  /** null until the server has made it. */
  service: () => DagFilesService | null
  config: { dagsFolder: string; dataFolder: string; dagsReadOnly: boolean }
  package_folder: string
  environment: Readonly<Record<string, string | undefined>>
  clock: Clock
}): FolderAnswers {
  const { config, clock } = p
  const service = (): DagFilesService => {
    const found = p.service()
    if (found === null) throw new VortexError('invalid_state', 'The server is starting; DAG files are not read yet.')
    return found
  }
  const environment = childEnvironment({ environment: p.environment, packageFolder: p.package_folder, dataFolder: config.dataFolder })
  const looks = new PluginLooks({
    clock,
    look: async () => await listPlugins({ root: config.dagsFolder, path: null, python: await service().python(), environment, clock }),
  })
  return {
    reading: () => p.service()?.reading() ?? { state: 'preparing', waiting: 0 },
    files: new FolderFiles({
      root: config.dagsFolder,
      clock,
      read_only: config.dagsReadOnly,
      syntax: p.environment['AIRFLOW__CORE__DAG_IGNORE_FILE_SYNTAX'],
    }),
    parseText: (request) => service().parseText(request),
    plugins: () => looks.list(),
  }
}
