/** Keys: which command a key press means, and how a key is written for people. Pure; the listener is in KeyListener.tsx. */
import type { Command } from './registry.ts'

export interface KeyPress {
  key: string
  ctrlKey: boolean
  metaKey: boolean
  shiftKey: boolean
  altKey: boolean
}

/** `+` joins, and is a key itself at the end. */
const partsOf = (keys: string): string[] => keys.split(/\+(?=.)/)

export function matchesKey(keys: string, press: KeyPress, isMac: boolean): boolean {
  const parts = partsOf(keys.toLowerCase())
  const key = parts.at(-1)
  const wants = (name: string) => parts.slice(0, -1).includes(name)
  const mod = isMac ? press.metaKey : press.ctrlKey
  const other = isMac ? press.ctrlKey : press.metaKey
  if (mod !== wants('mod') || other || press.altKey !== wants('alt')) return false
  // A sign such as `?` already says which keys make it; shift counts only for letters and named keys.
  const isSign = key?.length === 1 && !/[a-z0-9]/.test(key)
  if (!isSign && press.shiftKey !== wants('shift')) return false
  return press.key.toLowerCase() === key
}

export function commandFor(commands: readonly Command[], press: KeyPress, isMac: boolean): Command | undefined {
  const has = (list: readonly string[] | undefined) => list?.some((keys) => matchesKey(keys, press, isMac)) === true
  // The newest registration wins: a panel's `/` goes before its page's.
  return commands.findLast((command) => has(command.keys)) ?? commands.findLast((command) => has(command.fallbackKeys))
}

/** The keys that lead to a command now: those of its own, and fallback keys that nobody else has. */
export function keysOf(command: Command, commands: readonly Command[]): readonly string[] {
  const free = command.fallbackKeys?.filter((keys) => !commands.some((other) => other.keys?.includes(keys) === true)) ?? []
  return [...(command.keys ?? []), ...free]
}

const NAMES: Record<string, string> = {
  mod: 'Ctrl',
  shift: 'Shift',
  alt: 'Alt',
  escape: 'Esc',
  arrowup: '↑',
  arrowdown: '↓',
  arrowleft: '←',
  arrowright: '→',
}
export function keyCaps(keys: string, isMac: boolean): string[] {
  return partsOf(keys).map((part) => (part === 'mod' && isMac ? '⌘' : (NAMES[part.toLowerCase()] ?? part.toUpperCase())))
}

export const isMacPlatform = (): boolean => /mac|iphone|ipad/i.test(navigator.platform)
