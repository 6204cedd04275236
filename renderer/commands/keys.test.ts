import { describe, expect, it } from 'vitest'
import { commandFor, keyCaps, keysOf, matchesKey, type KeyPress } from './keys.ts'
import type { Command } from './registry.ts'

const press = (key: string, change: Partial<KeyPress> = {}): KeyPress => ({
  key,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...change,
})

describe('keys', () => {
  it('takes Control or Command for mod, by platform', () => {
    expect(matchesKey('mod+k', press('k', { ctrlKey: true }), false)).toBe(true)
    expect(matchesKey('mod+k', press('k', { metaKey: true }), false)).toBe(false)
    expect(matchesKey('mod+k', press('k', { metaKey: true }), true)).toBe(true)
    expect(matchesKey('mod+k', press('k'), false)).toBe(false)
  })
  it('does not ask how a sign is typed', () => {
    expect(matchesKey('?', press('?', { shiftKey: true }), false)).toBe(true)
    expect(matchesKey('/', press('/'), false)).toBe(true)
  })
  it('tells a letter from its capital', () => {
    expect(matchesKey('shift+c', press('C', { shiftKey: true }), false)).toBe(true)
    expect(matchesKey('c', press('C', { shiftKey: true }), false)).toBe(false)
    expect(matchesKey('g', press('g', { ctrlKey: true }), false)).toBe(false)
  })
  it('gives a key to the command that was registered last', () => {
    const command = (id: string): Command => ({ id, title: id, group: 'view', keys: ['/'], run: () => undefined })
    expect(commandFor([command('page'), command('panel')], press('/'), false)?.id).toBe('panel')
    expect(commandFor([command('page')], press('x'), false)).toBeUndefined()
  })
  it('leaves a fallback key to whoever wants it', () => {
    const palette: Command = { id: 'palette', title: 'palette', group: 'help', keys: ['mod+k'], fallbackKeys: ['/'], run: () => undefined }
    const search: Command = { id: 'search', title: 'search', group: 'view', keys: ['/'], run: () => undefined }
    // The frame may register again after its page.
    expect(commandFor([search, palette], press('/'), false)?.id).toBe('search')
    expect(commandFor([palette], press('/'), false)?.id).toBe('palette')
    expect([keysOf(palette, [search, palette]), keysOf(palette, [palette])]).toEqual([['mod+k'], ['mod+k', '/']])
  })
  it('knows plus as a key, too', () => {
    const plus = { ...press('+'), shiftKey: true }
    expect([matchesKey('+', plus, false), matchesKey('mod++', { ...plus, ctrlKey: true }, false)]).toEqual([true, true])
  })
  it('writes keys as their caps', () => {
    expect(keyCaps('mod+k', false)).toEqual(['Ctrl', 'K'])
    expect(keyCaps('mod+k', true)).toEqual(['⌘', 'K'])
    expect(keyCaps('shift+c', false)).toEqual(['Shift', 'C'])
    expect([keyCaps('+', false), keyCaps('mod++', false)]).toEqual([['+'], ['Ctrl', '+']])
  })
})
