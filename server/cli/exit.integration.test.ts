import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test('a process with a forgotten handle ends all the same, with its exit code', async () => {
  const program = `import { endSoon } from ${JSON.stringify(join(import.meta.dirname, 'exit.ts'))}; setInterval(() => 0, 1e6); process.exitCode = 4; endSoon()`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' })
  const limit = setTimeout(() => child.kill('SIGKILL'), 15_000)
  expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(4)
  clearTimeout(limit)
})
