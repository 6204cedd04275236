import { describe, expect, test } from 'vitest'
import { parseIgnoreFile } from './airflowIgnore.ts'

describe('.airflowignore', () => {
  test('plain words are searched anywhere in the path, as Airflow 2 does', () => {
    const rules = parseIgnoreFile('# a comment\nproject_a\ntenant_[\\d]\n', null)
    expect(rules.syntax).toBe('regexp')
    expect(rules.ignores('project_a_dag_1.py')).toBe(true)
    expect(rules.ignores('sub/project_a/dag.py')).toBe(true)
    expect(rules.ignores('tenant_1.py')).toBe(true)
    expect(rules.ignores('tenant_x.py')).toBe(false)
  })

  test('a line that only a glob can be makes the file a list of globs, the last match wins', () => {
    const rules = parseIgnoreFile('**/*project_a*\ntests/\n*_helper.py\n!kept_helper.py\n', null)
    expect(rules.syntax).toBe('glob')
    expect(rules.ignores('x/my_project_a.py')).toBe(true)
    expect(rules.ignores('tests/dag.py')).toBe(true)
    expect(rules.ignores('latests.py')).toBe(false)
    expect(rules.ignores('a_helper.py')).toBe(true)
    expect(rules.ignores('kept_helper.py')).toBe(false)
  })

  test('repetition of a class is no glob', () => {
    expect(parseIgnoreFile('tenant_\\d*\n', null).syntax).toBe('regexp')
    expect(parseIgnoreFile('.*_test.py\n', null).syntax).toBe('regexp')
  })

  test('the setting wins over what the file looks like', () => {
    expect(parseIgnoreFile('project_a', 'glob').ignores('my_project_a.py')).toBe(false)
    expect(parseIgnoreFile('.*\\.py', 'regexp').ignores('x.py')).toBe(true)
  })

  test('a line that cannot be read is named, and the others hold', () => {
    const rules = parseIgnoreFile('(open\n(a+)+$\nbad_one\n', 'regexp')
    expect(rules.problems).toEqual([
      '(open: not a regular expression',
      '(a+)+$: repeats a repetition or is too long, which could take for ever',
    ])
    expect(rules.ignores('bad_one.py')).toBe(true)
  })
})
