/** Where things lie: in the packaged app under its resources, in development in the repository. */
import { cpSync, existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { app } from 'electron'
import type { ServerProgram } from './localServer.ts'

const isWindows = process.platform === 'win32'
/** Electron's and npm's own; a server that inherits them would behave as they do. */
const NOT_FOR_THE_SERVER = /^(ELECTRON_|NODE_OPTIONS$|NODE_CHANNEL_|npm_|VORTEX_API_KEY$|CHROME_)/

/** Holds package.json, python/vortex, dist/server, dags. */
function installRoot(): string {
  return app.isPackaged ? join(process.resourcesPath, 'engine') : app.getAppPath()
}

export function rendererFolder(): string {
  return join(app.getAppPath(), 'dist', 'renderer')
}

/** As the command line's. */
export function dataFolder(): string {
  const given = process.env['VORTEX_HOME'] || join(homedir(), '.vortex')
  return resolve(given.replace(/^~(?=\/|$)/, homedir()))
}

/** Where the repository or the user says, else a folder beside the data, with the examples in it at first. */
export function defaultDagsFolder(): string {
  const given = process.env['VORTEX_DAGS_FOLDER'] || process.env['AIRFLOW__CORE__DAGS_FOLDER']
  if (given) return resolve(given)
  if (!app.isPackaged) return join(installRoot(), 'dags')
  const folder = join(dataFolder(), 'dags')
  if (!existsSync(folder)) {
    mkdirSync(dataFolder(), { recursive: true, mode: 0o700 })
    cpSync(join(installRoot(), 'dags'), folder, { recursive: true })
  }
  return folder
}

export function serverProgram(): ServerProgram {
  const root = installRoot()
  const node = app.isPackaged
    ? join(root, 'bin', isWindows ? 'node.exe' : 'node')
    : join(root, 'node_modules', 'node', 'bin', isWindows ? 'node.exe' : 'node')
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !NOT_FOR_THE_SERVER.test(name)))
  return { node, script: join(root, 'dist', 'server', 'vortex.mjs'), env }
}
