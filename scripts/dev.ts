/** `npm run dev`: the server from its TypeScript sources, started again after each change, and vite's development server. */
import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const children = [
  spawn(process.execPath, ['--watch', join(root, 'server/cli/main.ts'), 'server', ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
  }),
  spawn(process.execPath, [join(root, 'node_modules/vite/bin/vite.js')], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, VORTEX_DEV_SERVER: 'http://127.0.0.1:3000' },
  }),
]
const stop = (): void => children.forEach((child) => child.kill('SIGTERM'))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop)
for (const child of children) child.on('exit', stop)
