/** `vortex plugins` as a process: a new plugin works and is typed, a broken one is told with file and line. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { PluginList } from '#contract/plugin.ts'
import { testPython } from '../../scripts/python.ts'
import { startCli, type Outcome } from './testing/cliProcess.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vortex-plugins-cli-'))
  mkdirSync(join(folder, 'dags'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const plugins = (...args: string[]): Promise<Outcome> =>
  startCli(['plugins', ...args, ...(args[0] === 'check' && args.length > 1 ? [] : ['--dags-folder', join(folder, 'dags')])], {
    env: { VORTEX_PYTHON: testPython(), VORTEX_HOME: join(folder, 'home') },
  }).done

test('a new plugin works at once, and is not made twice', async () => {
  const made = await plugins('new', 'crm-tools')
  expect(made).toMatchObject({ code: 0, stderr: '' })
  expect(made.stdout).toContain('from vortex.operators import CrmToolsOperator')
  const path = join(folder, 'dags/plugins/crm-tools')
  expect(await plugins('check', path)).toMatchObject({ code: 0, stdout: 'ok  plugins/crm-tools/plugin.ts  CrmToolsOperator\n' })
  expect(await plugins('new', 'crm-tools')).toMatchObject({ code: 1, stderr: `Error: ${path} is there already. Choose another name.\n` })
  expect(await plugins('new', 'Crm Tools')).toMatchObject({ code: 2 })
})

test('a broken one is told with file and line, by list and by check', async () => {
  mkdirSync(join(folder, 'dags/plugins'))
  const path = join(folder, 'dags/plugins/broken.ts')
  writeFileSync(path, "export const a = 1\nthrow new Error('no licence \\u001b[2J')\n")
  chmodSync(path, 0o644)
  const listed = await plugins('list', '--json')
  expect(listed.code).toBe(1)
  const { plugins: found } = JSON.parse(listed.stdout) as PluginList
  expect(found.find(({ name }) => name === 'http')).toMatchObject({ is_shipped: true, sensors: ['HttpSensor'] })
  expect(found.find(({ name }) => name === 'broken')).toMatchObject({ path: 'plugins/broken.ts', line: 2, operators: [] })
  const checked = await plugins('check', path)
  expect(checked.code).toBe(1)
  expect(checked.stdout).toMatch(/^plugins\/broken\.ts:2: no licence \n {4}Error: no licence \n {4} {4}at .*broken\.ts:2:7\n$/)
})
