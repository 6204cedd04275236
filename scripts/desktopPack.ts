/**
 * `npm run desktop:pack`: the packaged desktop app. Without arguments an unpacked folder for this system (dist/packages/<system>-unpacked);
 * arguments are electron-builder's (`npm run desktop:pack -- --linux deb`).
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { buildDesktop, buildRenderer, buildServer } from './build.ts'
import { findElectron } from './electron.ts'

const root = resolve(import.meta.dirname, '..')
const engine = join(root, 'dist/engine')
const app = join(root, 'dist/app')
const packages = join(root, 'dist/packages')
const sources = (path: string): boolean => !/(__pycache__|\.stamp$|\.map$|\/tests?$)/.test(path)

function manifest(): Record<string, string> {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, string>
}

function copy(parts: readonly string[], to: string): void {
  for (const part of parts) cpSync(join(root, part), join(to, part), { recursive: true, filter: sources })
}

/** What runs in Electron: bundles and the page. */
function stageApp(): void {
  rmSync(app, { recursive: true, force: true })
  const { name = '', productName = '', version = '', description = '', license = '', main = '' } = manifest()
  mkdirSync(app, { recursive: true })
  writeFileSync(
    join(app, 'package.json'),
    JSON.stringify({ name, productName, version, description, license, author: productName, main }, null, 2),
  )
  copy(['dist/desktop', 'dist/renderer', 'main/build/icon.png'], app)
}

/**
 * What the server needs, laid out as it is in the repository, because the server finds its parts from there: the bundle, a Node of its own,
 * the database's add-on for this system, the Python package and the example DAGs.
 */
function stageEngine(): void {
  rmSync(engine, { recursive: true, force: true })
  mkdirSync(join(engine, 'bin'), { recursive: true })
  const node = process.platform === 'win32' ? 'node.exe' : 'node'
  cpSync(join(root, 'node_modules/node/bin', node), join(engine, 'bin', node))
  const { name, version, license } = manifest()
  writeFileSync(join(engine, 'package.json'), JSON.stringify({ name, version, license, type: 'module' }, null, 2))
  // What `pip install` of the folder python/ needs (docs/testing.md).
  const installable = ['pyproject.toml', 'setup.py', 'vortex_names.py'].map((name) => `python/${name}`)
  copy(['dist/server', 'dist/plugins', 'dist/renderer', 'python/vortex', ...installable, 'dags', 'LICENSE'], engine)
  stageAddOn('better-sqlite3')
}

/** The package with its program for this system only; the others are ten times as much. */
function stageAddOn(name: string): void {
  const from = join(root, 'node_modules', name)
  const to = join(engine, 'node_modules', name)
  mkdirSync(join(to, 'prebuilds'), { recursive: true })
  for (const part of ['package.json', 'LICENSE', 'lib']) cpSync(join(from, part), join(to, part), { recursive: true })
  for (const libc of ['', 'musl']) {
    const program = `prebuilds/${process.platform}${libc}-${process.arch}.node`
    if (existsSync(join(from, program))) cpSync(join(from, program), join(to, program))
  }
}

/** Runs electron-builder; returns its exit code. */
export async function pack(args: readonly string[], { mayAssemble }: { mayAssemble: boolean }): Promise<number> {
  await buildServer()
  await buildDesktop()
  buildRenderer()
  stageApp()
  stageEngine()
  const { folder, version } = findElectron({ mayAssemble })
  // electron-builder takes the package's own Electron for whatever system is asked for; another one is for this system.
  const electron = folder.startsWith(join(root, 'node_modules')) ? [] : [`-c.electronDist=${folder}`, `-c.electronVersion=${version}`]
  const what = args.length > 0 ? args : ['--dir']
  const builder = join(root, 'node_modules/electron-builder/cli.js')
  const { status } = spawnSync(process.execPath, [builder, '--publish', 'never', ...electron, ...what], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  })
  // An Electron that was unpacked elsewhere brings the small app that opens others.
  for (const made of existsSync(packages) ? readdirSync(packages, { withFileTypes: true }) : [])
    if (made.isDirectory()) rmSync(join(packages, made.name, 'resources/default_app.asar'), { force: true })
  return status ?? 1
}

if (import.meta.main) process.exitCode = await pack(process.argv.slice(2), { mayAssemble: false })
