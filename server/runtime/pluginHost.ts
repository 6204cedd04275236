/** Where Python finds the Node that plugins run in, and their host (python/vortex/plugins/node.py). */
import { join } from 'node:path'
import { INSTALL_ROOT, IS_BUNDLED } from './version.ts'

/** For the environment of processes that read DAG files or run tasks. `cache_folder`: where looks at plugins are kept. */
export function pluginEnvironment(p: {
  environment: Readonly<Record<string, string | undefined>>
  cache_folder: string | null
}): Record<string, string> {
  const host = IS_BUNDLED ? ['dist', 'server', 'pluginHost.mjs'] : ['plugins', 'host', 'main.ts']
  return {
    VORTEX_NODE: p.environment['VORTEX_NODE'] ?? process.execPath,
    VORTEX_PLUGIN_HOST: join(INSTALL_ROOT, ...host),
    ...(p.cache_folder === null ? {} : { VORTEX_PLUGIN_CACHE: join(p.cache_folder, 'plugins') }),
  }
}
