/**
 * Commands that the documents show exist, with their options and as many arguments: of `vortex`, by the program's own description, and of
 * npm, by package.json. Text between backquotes counts as well.
 */
import type { Command } from 'commander'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { AIRFLOW_COMMANDS } from '../airflowCommands.ts'
import { makeProgram } from '../main.ts'
import { blocksOf, documents, lineAt, proseOf, ROOT } from '../testing/documentation.ts'
import { shellCommands } from '../testing/shellWords.ts'

const SHELLS = new Set(['sh', 'bash', 'shell', 'console'])

let program: Command
beforeAll(async () => {
  program = await makeProgram(['completion'])
})

const scripts = Object.keys((JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object }).scripts)

/** `isWhole`: with all of its arguments, not only named in a sentence. */
function problemOf(words: readonly string[], isWhole: boolean): string | null {
  const given = words[0] === 'npx' ? words.slice(1) : words
  const [name = '', ...rest] = given
  if (name === 'vortex') return vortexProblem(rest, isWhole)
  if (name === 'vortex-server') return vortexProblem(['server', ...rest], isWhole)
  if (name !== 'npm') return null
  const script = rest[0] === 'run' ? rest.slice(1).find((word) => !word.startsWith('-')) : rest[0]
  if (rest[0] === 'run' && script !== undefined && !scripts.includes(script)) return `package.json has no script "${script}"`
  const options = rest.indexOf('--')
  return script === 'start' && options > 0 ? vortexProblem(['server', ...rest.slice(options + 1)], isWhole) : null
}

function vortexProblem(words: readonly string[], isWhole: boolean): string | null {
  let command = program
  const positional: string[] = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? ''
    if (word.startsWith('-') && word !== '-') {
      const [flag = '', value] = word.split('=')
      if (['--help', '-h', '--version', '-V'].includes(flag)) return null
      const known = [...command.options, ...program.options].find((option) => option.short === flag || option.long === flag)
      if (known === undefined) return `${nameOf(command)} has no option ${flag}`
      if (known.required && value === undefined) {
        i++
        if (isWhole && words[i] === undefined) return `${nameOf(command)} ${flag} needs a value`
      }
    } else {
      const next = positional.length === 0 ? command.commands.find((one) => one.name() === word || one.aliases().includes(word)) : undefined
      if (next !== undefined) command = next
      else if (command.commands.length > 0)
        return command === program || !isPlaceholder(word) ? `${nameOf(command)} has no command "${word}"` : null
      else positional.push(word)
    }
  }
  if (!isWhole) return null
  if (command.commands.length > 0) return `${nameOf(command)} needs a command`
  const wanted = command.registeredArguments
  const least = wanted.filter((argument) => argument.required).length
  if (positional.length < least) return `${nameOf(command)} needs ${wanted.map((argument) => argument.name()).join(' ')}`
  if (positional.length > wanted.length && !wanted.some((argument) => argument.variadic))
    return `${nameOf(command)} takes ${wanted.length} arguments, not ${positional.join(' ')}`
  return null
}

const isPlaceholder = (word: string): boolean => /^[A-Z.…]+$/.test(word)

function nameOf(command: Command): string {
  const above: string[] = []
  for (let one: Command | null = command; one !== null; one = one.parent) above.unshift(one.name())
  return above.join(' ')
}

test.each(documents())('commands of %s', (file) => {
  const problems: string[] = []
  for (const block of blocksOf(file)) {
    if (!SHELLS.has(block.language)) continue
    // In a console, commands follow a prompt; the rest is what they print.
    const isConsole = block.language === 'console'
    const text = isConsole ? block.text.replace(/^(?:\$ (.*)|.*)$/gm, (_line, command: string | undefined) => command ?? '') : block.text
    for (const { words, line } of shellCommands(text)) {
      const problem = problemOf(words, true)
      if (problem !== null) problems.push(`${file}:${block.line + line}: ${words.join(' ')}: ${problem}`)
    }
    const syntax = spawnSync('bash', ['-n'], { input: text, encoding: 'utf8' })
    if (syntax.status !== 0) problems.push(`${file}:${block.line}: ${syntax.stderr.trim()}`)
  }
  const prose = proseOf(file)
  for (const found of prose.matchAll(/`((?:npx )?(?:vortex|vortex-server|npm run|npm start)(?: [a-z-][^`]*)?)`/g)) {
    const [command] = shellCommands(found[1]?.replaceAll('\n', ' ') ?? '')
    const problem = command === undefined ? null : problemOf(command.words, false)
    if (problem !== null) problems.push(`${file}:${lineAt(prose, found.index)}: ${found[1] ?? ''}: ${problem}`)
  }
  expect(problems).toEqual([])
})

test('what Airflow calls otherwise is told by commands that exist', () => {
  const problems = Object.values(AIRFLOW_COMMANDS).flatMap((answer) =>
    [...answer.matchAll(/vortex [^.,:;()]*/g)].flatMap(([text]) => {
      const problem = problemOf(
        text
          .trim()
          .replace(/ (and|for|on|which|makes|or) .*$/, '')
          .split(' '),
        false,
      )
      return problem === null ? [] : [`${text}: ${problem}`]
    }),
  )
  expect(problems).toEqual([])
})

test('wrong commands are seen', () => {
  expect(problemOf(['vortex', 'dags', 'lsit'], true)).toBe('vortex dags has no command "lsit"')
  expect(problemOf(['npx', 'vortex', 'dags', 'list', '--serach', 'x'], true)).toBe('vortex dags list has no option --serach')
  expect(problemOf(['vortex', 'tasks', 'logs', 'etl'], true)).toMatch(/^vortex tasks logs needs dag_id run_id task_id/)
  expect(problemOf(['npm', 'run', 'nothing'], true)).toBe('package.json has no script "nothing"')
  expect(problemOf(['npm', 'start', '--', '--dags-foldr', 'x'], true)).toBe('vortex server has no option --dags-foldr')
})

test('a shell text is read as the shell reads it', () => {
  const text = 'a=1 vortex x "b c" \\\n  --d # no\nkey=$(vortex y) && echo \'vortex z\' | vortex w > out\n'
  expect(shellCommands(text).map(({ words }) => words.join(' '))).toEqual(['vortex x b c --d', 'vortex y', 'echo vortex z', 'vortex w'])
})
