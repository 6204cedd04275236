#!/usr/bin/env node
// Launcher of the command line. Any Node from 14 on can read this file: under a Node that is too old for VORTEX it starts the
// private one that npm installed (package `node`), and says what is needed if that is missing.
import { spawn } from 'child_process'
import { existsSync, readFileSync } from 'fs'
import { dirname, join } from 'path'
import { fileURLToPath } from 'url'

// Node 22.18 is the first that runs TypeScript as it is.
const NEEDED = [22, 18]
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const main = join(root, 'server', 'cli', 'main.ts')
const args = process.argv.slice(2)

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number)
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])
}

function runWithPrivateNode() {
  const candidates = [join(root, 'node_modules', 'node', 'bin', 'node'), join(root, 'node_modules', 'node', 'bin', 'node.exe')]
  const node = candidates.find((path) => existsSync(path))
  if (node === undefined) {
    process.stderr.write(
      `VORTEX needs Node ${NEEDED.join('.')} or newer; this is ${process.version}, and its private copy is not installed.\n` +
        `Run "npm ci" in ${root}, or start VORTEX with a newer Node.\n`,
    )
    process.exit(1)
  }
  const child = spawn(node, [main, ...args], { stdio: 'inherit' })
  // A terminal sends Ctrl-C to both processes; a service manager signals this one only.
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    process.stderr.write(`${node} does not start: ${error.message}\n`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code === null ? 1 : code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version + '\n')
} else if (isNewEnough(process.versions.node)) {
  import('module')
    .then((module) => module.enableCompileCache && module.enableCompileCache(join(root, '.cache', 'compile')))
    .then(() => import(new URL('../server/cli/main.ts', import.meta.url).href))
    .then((cli) => cli.main(args))
} else {
  runWithPrivateNode()
}
