import { expect, it } from 'vitest'
import examples from './saysDagsExamples.json' with { type: 'json' }
import { mentionsDag } from './saysDags.ts'

it.each(examples)('knows $name with $text', ({ name, text, says_dags }) => {
  expect(mentionsDag(name, Buffer.from(text))).toBe(says_dags)
})

it('looks at the words of Python files', () => {
  expect(mentionsDag('a.py', Buffer.from('from airflow import DAG'))).toBe(true)
  expect(mentionsDag('a.py', Buffer.from('from airflow.sdk import asset'))).toBe(true)
  expect(mentionsDag('a.py', Buffer.from('import airflow'))).toBe(false)
  expect(mentionsDag('a.py', Buffer.from('dags:\n  a:\n    tasks: 1\n'))).toBe(false)
})

it('takes what is too large for data', () => {
  const text = `dags:\n  a:\n    tasks: {}\n#${'x'.repeat(2 * 1024 * 1024)}`
  expect(mentionsDag('a.yaml', Buffer.from(text))).toBe(false)
})
