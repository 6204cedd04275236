/**
 * The environment of processes that run authors' code: the operator's own variables, without the server's settings and secrets.
 * Authors read `os.environ` at import (5 % of public DAG files do), so an empty environment would break them.
 */
import { join } from 'node:path'
import { pluginEnvironment } from '#runtime/pluginHost.ts'

/** The server's own names. VORTEX_VAR_*, VORTEX_CONN_* and VORTEX_SHADOW_AIRFLOW are meant for DAG files. */
const OWN =
  /^(VORTEX_(?!VAR_|CONN_|SHADOW_AIRFLOW$)|NODE_|npm_|ELECTRON_|PGPASS|PGSERVICE|DATABASE_URL$|INIT_CWD$|AIRFLOW__DATABASE__|AIRFLOW__CORE__(SQL_ALCHEMY|FERNET)|CREDENTIALS_DIRECTORY$|NOTIFY_SOCKET$|LISTEN_|MAINPID$)/
/** Would make the interpreter load what the operator meant for other programs, or break the pipes. */
const INTERPRETER = new Set([
  'PYTHONHOME',
  'PYTHONSTARTUP',
  'PYTHONINSPECT',
  'PYTHONPATH',
  'PYTHONUNBUFFERED',
  'PYTHONWARNINGS',
  '__PYVENV_LAUNCHER__',
  'LD_PRELOAD',
])

/** With `dataFolder` the code may use plugins. */
export function childEnvironment(p: {
  environment: Readonly<Record<string, string | undefined>>
  packageFolder: string
  dataFolder?: string
}): Record<string, string> {
  const found: Record<string, string> =
    p.dataFolder === undefined ? {} : pluginEnvironment({ environment: p.environment, cache_folder: join(p.dataFolder, 'cache') })
  for (const [name, value] of Object.entries(p.environment)) {
    if (value !== undefined && !OWN.test(name) && !INTERPRETER.has(name)) found[name] = value
  }
  found['PYTHONPATH'] = p.packageFolder
  found['PYTHONUTF8'] = '1'
  // Tracebacks name files as they are, and no .pyc lands in the DAG folder.
  found['PYTHONDONTWRITEBYTECODE'] = '1'
  return found
}
