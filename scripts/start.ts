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
if (buildRenderer()) say(`Built the dashboard (${((performance.now() - began) / 1000).toFixed(1)} s, only after a change).`)

const server = spawn(process.execPath, [join(root, 'dist/server/vortex.mjs'), 'server', ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => server.kill(signal))
server.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === null ? 1 : 128)
})
