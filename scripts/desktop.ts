/** `npm run desktop`: builds what is missing or older than its sources, then starts the desktop app. */
import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { buildDesktop, buildRenderer, buildServer } from './build.ts'
import { findElectron } from './electron.ts'

const root = resolve(import.meta.dirname, '..')
await buildServer()
await buildDesktop()
buildRenderer()
const { executable } = findElectron({ mayAssemble: false })
// Chromium's sandbox refuses to run as root; the pages are ours alone.
const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []
const app = spawn(executable, [...sandbox, root, ...process.argv.slice(2)], { stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => app.kill(signal))
app.on('exit', (code) => {
  process.exitCode = code ?? 1
})
