/**
 * `.airflowignore`: which files are no DAG files. It holds for its folder and everything below.
 *
 * Airflow 2 reads the lines as regular expressions searched in the path below the file's folder, Airflow 3 as glob patterns in
 * .gitignore's manner. Unless AIRFLOW__CORE__DAG_IGNORE_FILE_SYNTAX says which, the file itself shows it: see `detectSyntax`.
 */
import ignore from 'ignore'

export type IgnoreSyntax = 'regexp' | 'glob'
/** Longer files are no lists of patterns. */
export const IGNORE_FILE_BYTES_MAX = 256 * 1024

/** The patterns run in the controller: those whose time can grow without bound are refused. */
const PATTERN_CHARS_MAX = 500
const NESTED_REPETITION = /\([^)]*[+*}][^)]*\)[+*{]/

export interface IgnoreRules {
  syntax: IgnoreSyntax
  /** `path` is relative to the file's folder, with forward slashes; folders end with one. */
  ignores(path: string): boolean
  /** Lines that could not be read, for the log. */
  problems: string[]
}

export function parseIgnoreFile(text: string, syntax: IgnoreSyntax | null): IgnoreRules {
  const lines = text.split(/\r?\n/)
  const chosen = syntax ?? detectSyntax(lines)
  if (chosen === 'glob') {
    const rules = ignore().add(lines)
    return { syntax: 'glob', problems: [], ignores: (path) => rules.ignores(path) }
  }
  const problems: string[] = []
  const patterns: RegExp[] = []
  for (const line of lines) {
    const pattern = line.replace(/#.*$/, '').trim()
    if (pattern === '') continue
    if (pattern.length > PATTERN_CHARS_MAX || NESTED_REPETITION.test(pattern)) {
      problems.push(`${pattern.slice(0, 100)}: repeats a repetition or is too long, which could take for ever`)
      continue
    }
    try {
      patterns.push(new RegExp(pattern))
    } catch {
      problems.push(`${pattern}: not a regular expression`)
    }
  }
  return { syntax: 'regexp', problems, ignores: (path) => patterns.some((pattern) => pattern.test(path)) }
}

/**
 * Glob if any line has what only globs have: a leading or doubled star, a leading `!` or `/`, a trailing `/`, or a star that
 * repeats nothing. Plain words alone are read as Airflow 2 does, which ignores at least what globs would.
 */
function detectSyntax(lines: string[]): IgnoreSyntax {
  const isGlob = (line: string): boolean => /^[*!/]|\*\*|\/$|(?<!\\)[A-Za-z0-9_/-]\*/.test(line)
  return lines.map((line) => line.replace(/#.*$/, '').trim()).some((line) => line !== '' && isGlob(line)) ? 'glob' : 'regexp'
}
