import { describe, expect, it } from 'vitest'
import { createKeptInBrowser } from './keptInBrowser.ts'

function place(): Storage {
  const kept = new Map<string, string>()
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
    clear: () => {
      kept.clear()
    },
    key: (at) => [...kept.keys()][at] ?? null,
    get length() {
      return kept.size
    },
  }
}

describe('what is kept in the browser', () => {
  it('is read by whom it belongs to, and by nobody else', () => {
    const storage = place()
    const { read, write, drop } = createKeptInBrowser(() => storage)
    expect(write('vera', 'draft', 'a.py', { text: 'x' })).toBe(true)
    expect(read('vera', 'draft', 'a.py')).toEqual({ text: 'x' })
    expect([read('otto', 'draft', 'a.py'), read('vera', 'draft', 'b.py'), read('vera', 'trigger-presets', 'a.py')]).toEqual([
      null,
      null,
      null,
    ])
    drop('vera', 'draft', 'a.py')
    expect(read('vera', 'draft', 'a.py')).toBeNull()
  })
  it('goes with the sign-out, and what is written later is not kept', () => {
    const storage = place()
    storage.setItem('vortex-color-scheme', 'dark')
    const { read, write, names, end } = createKeptInBrowser(() => storage)
    for (const name of ['a.py', 'b.py', 'c.py']) write('vera', 'draft', name, name)
    write('vera', 'trigger-presets', 'etl', [])
    expect(names('vera', 'draft')).toEqual(['a.py', 'b.py', 'c.py'])
    end()
    expect([storage.length, storage.getItem('vortex-color-scheme')]).toEqual([1, 'dark'])
    write('vera', 'draft', 'a.py', 'late')
    expect(read('vera', 'draft', 'a.py')).toBeNull()
  })
  it('is nothing where the browser forbids storage, has no room, or holds garbage', () => {
    const forbidden = createKeptInBrowser(() => {
      throw new DOMException('no', 'SecurityError')
    })
    expect([forbidden.write('vera', 'draft', 'a.py', 1), forbidden.read('vera', 'draft', 'a.py')]).toEqual([false, null])
    forbidden.drop('vera', 'draft', 'a.py')
    forbidden.end()
    const full = place()
    full.setItem = () => {
      throw new DOMException('full', 'QuotaExceededError')
    }
    expect(createKeptInBrowser(() => full).write('vera', 'draft', 'a.py', 1)).toBe(false)
    const odd = place()
    odd.setItem('vortex.kept:vera:draft:a.py', '{')
    expect(createKeptInBrowser(() => odd).read('vera', 'draft', 'a.py')).toBeNull()
  })
})
