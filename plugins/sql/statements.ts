/** From the texts of a task to single statements with numbered placeholders and their values. */
import { FailTask } from '../api/index.ts'
import { tokens, type Dialect, type Token } from './tokens.ts'

export interface Statement {
  /** As it is sent: `$1` (PostgreSQL) or `?1` (SQLite) stand for the values. */
  text: string
  values: unknown[]
}

export type Parameters = readonly unknown[] | Readonly<Record<string, unknown>> | undefined

/** Splits texts at their semicolons and gives each statement the values that it mentions. Fails on what no database could mend. */
export function statementsOf(p: { sql: string | readonly string[]; parameters: Parameters; dialect: Dialect }): Statement[] {
  const texts = typeof p.sql === 'string' ? [p.sql] : p.sql
  const split = texts.flatMap((text) => splitAtEnds(tokens(text, p.dialect), p.dialect))
  if (split.length === 0) throw new FailTask('sql: there is no statement in it.')
  if (isList(p.parameters) && p.parameters.length > 0 && split.length > 1) {
    throw new FailTask(
      `parameters: a list belongs to one statement, and sql has ${split.length}. Give the values names ({"day": ...}) and write :day in the statements.`,
    )
  }
  return split.map((statement) => bound(statement, p.parameters, p.dialect))
}

/** The first word of a statement in capitals, such as INSERT. */
export function commandOf(text: string, dialect: Dialect): string {
  return firstWords(tokens(text, dialect))[0] ?? ''
}

const TRANSACTION_WORDS = new Set(['BEGIN', 'START', 'COMMIT', 'END', 'ROLLBACK', 'ABORT'])

/** Whether the statement begins or ends a transaction of its own. */
export function controlsTransaction(text: string, dialect: Dialect): boolean {
  const [first = '', second = ''] = firstWords(tokens(text, dialect))
  return TRANSACTION_WORDS.has(first) && !(first === 'ROLLBACK' && second === 'TO')
}

function firstWords(statement: readonly Token[]): string[] {
  return statement
    .filter((token) => token.kind === 'word')
    .slice(0, 3)
    .map((token) => token.text.toUpperCase())
}

function splitAtEnds(all: readonly Token[], dialect: Dialect): Token[][] {
  const split: Token[][] = []
  let current: Token[] = []
  let depth = 0
  for (const [index, token] of all.entries()) {
    if (token.kind === 'end' && depth === 0) {
      split.push(current)
      current = []
      continue
    }
    current.push(token)
    if (token.kind === 'word') depth += bodyStep(current, all, { index, depth, dialect })
  }
  split.push(current)
  return split.filter((statement) => statement.some((token) => token.kind !== 'blank'))
}

/** The body of SQLite's CREATE TRIGGER ... BEGIN ... END, and of PostgreSQL's BEGIN ATOMIC ... END, has semicolons of its own. */
function bodyStep(current: readonly Token[], all: readonly Token[], p: { index: number; depth: number; dialect: Dialect }): number {
  const word = current.at(-1)?.text.toUpperCase()
  if (p.depth > 0) return word === 'CASE' ? 1 : word === 'END' ? -1 : 0
  if (word !== 'BEGIN') return 0
  const opening = firstWords(current)
  if (opening[0] !== 'CREATE') return 0
  if (p.dialect === 'sqlite') return opening.includes('TRIGGER') ? 1 : 0
  const following = all.slice(p.index + 1).find((token) => token.kind !== 'blank')
  return following?.text.toUpperCase() === 'ATOMIC' ? 1 : 0
}

function bound(statement: readonly Token[], parameters: Parameters, dialect: Dialect): Statement {
  const written = (kept: readonly Token[]): string =>
    kept
      .map((token) => token.text)
      .join('')
      .trim()
  if (parameters === undefined || isList(parameters)) {
    const values = [...(parameters ?? [])]
    checkPython(statement, values.length > 0)
    return { text: written(statement), values }
  }
  const numbers = new Map<string, number>()
  const numbered = statement.map((token) => {
    if (token.kind !== 'name') return token
    const name = token.text.slice(1)
    if (!Object.hasOwn(parameters, name)) {
      throw new FailTask(`sql: :${name} has no value; parameters has ${Object.keys(parameters).join(', ') || 'none'}.`)
    }
    const number = numbers.get(name) ?? numbers.size + 1
    numbers.set(name, number)
    return { kind: 'other' as const, text: `${dialect === 'postgres' ? '$' : '?'}${number}` }
  })
  checkPython(statement, numbers.size === 0 && Object.keys(parameters).length > 0)
  return { text: written(numbered), values: [...numbers.keys()].map((name) => parameters[name]) }
}

/** %s and %(name)s are placeholders of Python's drivers: the commonest slip of who comes from there. */
function checkPython(statement: readonly Token[], isSuspicious: boolean): void {
  const unquoted = statement.map((token) => (/['"]/.test(token.text) ? ' ' : token.text)).join('')
  const found = isSuspicious ? /%s|%\(\w+\)s/.exec(unquoted) : null
  if (found !== null) {
    throw new FailTask(
      `sql: ${found[0]} is a placeholder of Python's drivers. Write :name for values with names, or $1 (SQLite: ?1) for a list.`,
    )
  }
}

function isList(parameters: Parameters): parameters is readonly unknown[] {
  return Array.isArray(parameters)
}
