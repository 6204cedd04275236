import { describe, expect, it } from 'vitest'
import { createKeptInBrowser, type KeptInBrowser } from '../../lib/keptInBrowser.ts'
import { keepDraft, readDraft } from './drafts.ts'
import { placeOfTask } from './textChanges.ts'

function browser(): KeptInBrowser {
  const kept = new Map<string, string>()
  return createKeptInBrowser(() => ({
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
    key: (at) => [...kept.keys()][at] ?? null,
    length: kept.size,
  }))
}
const file = { username: 'vera', path: 'a.py' }

describe('drafts', () => {
  it('are kept by path, for whoever typed them', () => {
    const kept = browser()
    expect(keepDraft(file, { text: 'x', base: null, at: 5 }, kept)).toBe(true)
    expect(readDraft(file, kept)).toEqual({ text: 'x', base: null, at: 5 })
    expect(readDraft({ ...file, path: 'b.py' }, kept)).toBeNull()
    expect(readDraft({ ...file, username: 'otto' }, kept)).toBeNull()
  })
  it('say when they are too long to be kept, and are nothing when they are garbage', () => {
    const kept = browser()
    expect(keepDraft(file, { text: 'x'.repeat(1_000_001), base: null, at: 5 }, kept)).toBe(false)
    for (const garbage of [[], { text: 1 }, 'x', { text: 'x', base: 3, at: 5 }]) {
      kept.write('vera', 'draft', 'a.py', garbage)
      expect(readDraft(file, kept)).toBeNull()
    }
  })
})

describe('placeOfTask', () => {
  it('finds a task by its id, its function or its name within a group', () => {
    const text = 'x = "load"\n@task\ndef extract(): ...\nEmptyOperator(task_id="load")\nwith TaskGroup("g"):\n  Bash(task_id="inner")\n'
    expect(placeOfTask(text, 'load')).toBe(text.indexOf('task_id="load"'))
    expect(placeOfTask(text, 'extract')).toBe(text.indexOf('def extract'))
    expect(placeOfTask(text, 'g.inner')).toBe(text.indexOf('task_id="inner"'))
    expect(placeOfTask(text, 'nowhere')).toBeNull()
  })
})
