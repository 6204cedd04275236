/** `npm start`: builds what is missing or older than its sources, then runs the server with the example DAGs. */
import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { buildRenderer, buildServer } from './build.ts'

const root = resolve(import.meta.dirname, '..')

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

const began = performance.now()
if (await buildServer()) say('Built the server.')
const announce = (): void => {
  say('Building the dashboard: at the first start and after a change of it, 10 to 30 seconds ...')
}
if (buildRenderer(announce)) say(`Built it in ${((performance.now() - began) / 1000).toFixed(1)} s.`)

const program = join(root, 'dist/server/vortex.mjs')
const args = [program, 'server', ...process.argv.slice(2)]
if (process.execve !== undefined && process.platform !== 'win32') {
  // This process becomes the server: its own 45 MB would otherwise stay for as long as the server runs.
  const environment = Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined))
  process.execve(process.execPath, [process.execPath, ...args], environment)
} else {
  const server = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => server.kill(signal))
  server.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === null ? 1 : 128)
  })
}
