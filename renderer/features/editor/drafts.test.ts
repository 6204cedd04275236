import { describe, expect, it } from 'vitest'
import { dropDraft, keepDraft, readDraft } from './drafts.ts'
import { placeOfTask } from './textChanges.ts'

function place(full = false) {
  const kept = new Map<string, string>()
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => {
      if (full) throw new DOMException('full', 'QuotaExceededError')
      kept.set(key, value)
    },
    removeItem: (key: string) => kept.delete(key),
    kept,
  }
}

describe('drafts', () => {
  it('are kept and dropped by path', () => {
    const at = place()
    expect(keepDraft('a.py', { text: 'x', base: null, at: 5 }, at)).toBe(true)
    expect(readDraft('a.py', at)).toEqual({ text: 'x', base: null, at: 5 })
    expect(readDraft('b.py', at)).toBeNull()
    dropDraft('a.py', at)
    expect(readDraft('a.py', at)).toBeNull()
  })
  it('say when they could not be kept, and are nothing when they are garbage', () => {
    expect(keepDraft('a.py', { text: 'x', base: null, at: 5 }, place(true))).toBe(false)
    expect(keepDraft('a.py', { text: 'x'.repeat(1_000_001), base: null, at: 5 }, place())).toBe(false)
    const at = place()
    for (const garbage of ['{', '[]', '{"text":1}']) {
      at.kept.set('vortex-draft:a.py', garbage)
      expect(readDraft('a.py', at)).toBeNull()
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
