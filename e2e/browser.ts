/**
 * A real Chromium for the stories, on any machine that has only npm.
 *
 * Which one: `VORTEX_CHROMIUM` (a path), else an installed Chromium or Chrome, else the one that @sparticuz/chromium carries,
 * unpacked once into node_modules/.cache. A minimal Linux lacks libnss3 and its relatives: the package carries those too, and they
 * are put on the library path of the browser alone. If something is missing still, the error names the one command that mends it;
 * with `VORTEX_INSTALL_LIBRARIES=1` and as root it is run.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import { chromium, type Browser } from 'playwright-core'

/** Debian package of each library that Chromium needs and a minimal system may lack. */
const PACKAGES: Readonly<Record<string, string>> = {
  'libnspr4.so': 'libnspr4',
  'libplc4.so': 'libnspr4',
  'libplds4.so': 'libnspr4',
  'libnss3.so': 'libnss3',
  'libnssutil3.so': 'libnss3',
  'libsmime3.so': 'libnss3',
  'libexpat.so.1': 'libexpat1',
  'libasound.so.2': 'libasound2',
  'libatk-1.0.so.0': 'libatk1.0-0',
  'libatk-bridge-2.0.so.0': 'libatk-bridge2.0-0',
  'libcups.so.2': 'libcups2',
  'libdbus-1.so.3': 'libdbus-1-3',
  'libdrm.so.2': 'libdrm2',
  'libgbm.so.1': 'libgbm1',
  'libgio-2.0.so.0': 'libglib2.0-0',
  'libglib-2.0.so.0': 'libglib2.0-0',
  'libgobject-2.0.so.0': 'libglib2.0-0',
  'libxkbcommon.so.0': 'libxkbcommon0',
  'libX11.so.6': 'libx11-6',
  'libXcomposite.so.1': 'libxcomposite1',
  'libXdamage.so.1': 'libxdamage1',
  'libXext.so.6': 'libxext6',
  'libXfixes.so.3': 'libxfixes3',
  'libXrandr.so.2': 'libxrandr2',
  'libxcb.so.1': 'libxcb1',
  'libudev.so.1': 'libudev1',
}
const INSTALLED = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

export interface Chromium {
  executable: string
  env: Record<string, string>
}

export async function launchBrowser(): Promise<Browser> {
  const { executable, env } = findChromium()
  return chromium.launch({
    executablePath: executable,
    // Chromium refuses its sandbox as root; the pages are our own.
    chromiumSandbox: process.getuid?.() !== 0,
    args: ['--font-render-hinting=none', '--disable-dev-shm-usage'],
    env: { ...definedEnvironment(), ...env },
  })
}

export function findChromium(): Chromium {
  const given = process.env['VORTEX_CHROMIUM']
  if (given !== undefined && given !== '') {
    if (!existsSync(given)) throw new Error(`VORTEX_CHROMIUM names ${given}, which does not exist.`)
    return { executable: given, env: {} }
  }
  const installed = INSTALLED.find((path) => existsSync(path))
  if (installed !== undefined) return { executable: installed, env: {} }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error('No Chromium was found. Install Chrome or Chromium, or set VORTEX_CHROMIUM to the path of one.')
  }
  return unpackedChromium()
}

function unpackedChromium(): Chromium {
  const require = createRequire(import.meta.url)
  // The package exports only its program; its archives lie beside it.
  const root = dirname(dirname(require.resolve('@sparticuz/chromium')))
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const target = join(dirname(dirname(root)), '.cache', `chromium-${version}`)
  if (!existsSync(target)) unpack(join(root, 'bin'), target)
  const executable = join(target, 'chromium')
  const env: Record<string, string> = {}
  // The carried font is used only where the system has none, so that pages look as they do elsewhere.
  if (!hasFonts()) env['FONTCONFIG_PATH'] = join(target, 'fonts')
  if (missingLibraries(executable, {}).length === 0) return { executable, env }
  env['LD_LIBRARY_PATH'] = join(target, 'lib')
  const missing = missingLibraries(executable, env)
  if (missing.length > 0) installLibraries(missing)
  return { executable, env }
}

function unpack(archives: string, target: string): void {
  const part = `${target}.${process.pid}`
  mkdirSync(part, { recursive: true })
  const read = (name: string) => brotliDecompressSync(readFileSync(join(archives, name)))
  writeFileSync(join(part, 'chromium'), read('chromium.br'), { mode: 0o755 })
  for (const name of ['al2023', 'fonts', 'swiftshader']) execFileSync('tar', ['-x', '-C', part], { input: read(`${name}.tar.br`) })
  try {
    // Two test processes may unpack at once; the first one to finish wins.
    renameSync(part, target)
  } catch (error) {
    rmSync(part, { recursive: true, force: true })
    if (!existsSync(target)) throw error
  }
}

function hasFonts(): boolean {
  try {
    return execFileSync('fc-list', { stdio: ['ignore', 'pipe', 'ignore'] }).length > 0
  } catch {
    return existsSync('/usr/share/fonts/truetype')
  }
}

function missingLibraries(executable: string, env: Record<string, string>): string[] {
  const listed = execFileSync('ldd', [executable], { encoding: 'utf8', env: { ...definedEnvironment(), ...env } })
  return [...listed.matchAll(/^\s*(\S+) => not found/gm)].map(([, library]) => library ?? '')
}

function installLibraries(missing: readonly string[]): void {
  const packages = [...new Set(missing.map((library) => PACKAGES[library] ?? library))]
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`
  if (process.env['VORTEX_INSTALL_LIBRARIES'] !== '1' || process.getuid?.() !== 0) {
    throw new Error(`Chromium needs ${missing.join(', ')}. Run: ${process.getuid?.() === 0 ? '' : 'sudo '}${command}`)
  }
  process.stderr.write(`Chromium needs ${missing.join(', ')}: running ${command}\n`)
  execFileSync('apt-get', ['install', '-y', '--no-install-recommends', ...packages], {
    stdio: 'inherit',
    env: { ...definedEnvironment(), DEBIAN_FRONTEND: 'noninteractive' },
  })
}

function definedEnvironment(): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}
