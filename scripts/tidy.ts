/**
 * House rules that no other tool knows, as one walk over the tracked files: file length, folder and file names, paired
 * migrations, forbidden words. Ratchet: FILES_ALLOWED_LONGER may only shrink.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const LINES_MAX = 400
/** Files that are one table or one list and read better whole. */
const FILES_ALLOWED_LONGER = new Set<string>(['e2e/fixtureServer.ts', 'e2e/dashboardFixtures.ts', 'e2e/dashboard.test.ts'])
const BAD_NAMES = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'misc', 'types', 'shared'])
const SOURCE = /\.(ts|tsx|py|css)$/

const tracked = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)))
const sources = tracked.filter((file) => SOURCE.test(file) && !file.includes('/gen/'))
const problems: string[] = []

for (const file of sources) {
  const text = readFileSync(join(root, file), 'utf8')
  const lines = text.split('\n').length
  if (lines > LINES_MAX && !FILES_ALLOWED_LONGER.has(file)) problems.push(`${file}: ${lines} lines, more than ${LINES_MAX}`)
  const names = [...dirname(file).split('/'), basename(file).replace(/\..*$/, '')]
  const bad = names.find((name) => BAD_NAMES.has(name.toLowerCase()))
  if (bad !== undefined) problems.push(`${file}: "${bad}" says nothing; name the responsibility`)
  if (/\b(TODO|FIXME|XXX|HACK)\b/.test(text) && file !== 'scripts/tidy.ts')
    problems.push(`${file}: unfinished business (TODO, FIXME, XXX, HACK)`)
  if (/\b(it|test|describe)\.(only|todo)\b/.test(text)) problems.push(`${file}: a focused or unwritten test`)
}

const migrations = (dialect: string): string[] =>
  tracked.filter((file) => file.startsWith(`migrations/${dialect}/`)).map((file) => basename(file))
const [sqlite, postgres] = [migrations('sqlite'), migrations('postgres')]
for (const name of new Set([...sqlite, ...postgres]))
  if (!sqlite.includes(name) || !postgres.includes(name)) problems.push(`migration ${name} exists for one database only`)

for (const file of FILES_ALLOWED_LONGER) if (!tracked.includes(file)) problems.push(`${file} is listed as long, but does not exist`)
if (sources.length < 100) problems.push(`only ${sources.length} source files were seen: this check is broken`)

process.stdout.write(problems.length === 0 ? `${sources.length} files are tidy.\n` : `${problems.join('\n')}\n`)
process.exitCode = problems.length === 0 ? 0 : 1
