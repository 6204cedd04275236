/** A screen for programs with windows on a machine that has none: Xvfb, on the first number that is free. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { installPackages } from './debianPackages.ts'

/** What Electron links against, by package of Debian, and the library that says that it is there. */
const LIBRARIES: Readonly<Record<string, string>> = {
  'libgtk-3-0': 'libgtk-3.so.0',
  libnss3: 'libnss3.so',
  libasound2: 'libasound.so.2',
  libgbm1: 'libgbm.so.1',
  libdrm2: 'libdrm.so.2',
  'libatspi2.0-0': 'libatspi.so.0',
  libxtst6: 'libXtst.so.6',
  libxss1: 'libXss.so.1',
  libnotify4: 'libnotify.so.4',
}
const START_MS = 15_000

export interface Display {
  /** For the environment variable DISPLAY. */
  name: string
  stop(): void
}

/** Libraries that the program needs and the system lacks are installed, or named. */
export function prepareLibraries(executable: string): void {
  if (process.platform !== 'linux') return
  const listed = execFileSync('ldd', [executable], { encoding: 'utf8' })
  const isMissing = listed.includes('not found')
  const known = isMissing ? execFileSync('ldconfig', ['-p'], { encoding: 'utf8' }) : ''
  installPackages(Object.keys(LIBRARIES), (name) => !isMissing || known.includes(LIBRARIES[name] ?? ''))
}

export async function startDisplay(): Promise<Display> {
  installPackages(['xvfb'], () => existsSync('/usr/bin/Xvfb') || spawnSync('which', ['Xvfb']).status === 0)
  const args = ['-displayfd', '3', '-screen', '0', '1440x900x24', '-nolisten', 'tcp', '-noreset']
  const server = spawn('Xvfb', args, { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] })
  const problems: string[] = []
  server.stderr?.on('data', (text: Buffer) => problems.push(text.toString()))
  const number = await new Promise<string>((resolve, reject) => {
    const late = setTimeout(() => {
      reject(new Error(`Xvfb did not start: ${problems.join('')}`))
    }, START_MS)
    server.once('exit', () => {
      reject(new Error(`Xvfb ended: ${problems.join('')}`))
    })
    const told = server.stdio[3] as Readable
    told.once('data', (text: Buffer) => {
      clearTimeout(late)
      resolve(text.toString().trim())
    })
  })
  return { name: `:${number}`, stop: () => server.kill('SIGTERM') }
}
