import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { kekOf, open, seal, SealBroken, type Sealed } from './cipher.ts'

const kek = kekOf(randomBytes(32))
const bound = { table: 'secrets', key: 'db_password' }
const BYTES = ['wrapped_key', 'wrap_nonce', 'nonce', 'ciphertext'] as const

function flip(base64: string, bit: number): string {
  const bytes = Buffer.from(base64, 'base64')
  bytes[bit >> 3] = bytes[bit >> 3]! ^ (1 << (bit & 7))
  return bytes.toString('base64')
}

describe('a seal', () => {
  it.each(['x', '', 'pa$$wörd\n😀', 'y'.repeat(65_536)])('opens to what was sealed', (plain) => {
    expect(open({ kek, sealed: seal({ kek, plain, for: bound }), for: bound })).toBe(plain)
  })
  it.each(BYTES)('does not open after any bit of %s was flipped', (field) => {
    const sealed = seal({ kek, plain: 'value', for: bound })
    const bits = Buffer.from(sealed[field], 'base64').length * 8
    for (let bit = 0; bit < bits; bit += 1)
      expect(() => open({ kek, sealed: { ...sealed, [field]: flip(sealed[field], bit) }, for: bound })).toThrow(SealBroken)
  })
  it.each(BYTES)('does not open after %s was cut, so that no short tag is accepted', (field) => {
    const sealed = seal({ kek, plain: 'value', for: bound })
    const bytes = Buffer.from(sealed[field], 'base64')
    for (let length = 0; length < bytes.length; length += 1)
      expect(() => open({ kek, sealed: { ...sealed, [field]: bytes.subarray(0, length).toString('base64') }, for: bound })).toThrow(
        SealBroken,
      )
  })
  it('does not open under another name, table, format, key id or key', () => {
    const sealed = seal({ kek, plain: 'value', for: bound })
    const other = kekOf(randomBytes(32))
    expect(() => open({ kek, sealed, for: { ...bound, key: 'other' } })).toThrow(SealBroken)
    expect(() => open({ kek, sealed, for: { ...bound, table: 'settings' } })).toThrow(SealBroken)
    expect(() => open({ kek, sealed: { ...sealed, format: 2 }, for: bound })).toThrow(SealBroken)
    expect(() => open({ kek, sealed: { ...sealed, key_id: other.id }, for: bound })).toThrow(SealBroken)
    expect(() => open({ kek: other, sealed, for: bound })).toThrow(SealBroken)
    expect(() => open({ kek: { id: kek.id, key: other.key }, sealed, for: bound })).toThrow(SealBroken)
  })
  it("does not open with parts of another secret's row", () => {
    const a = seal({ kek, plain: 'a', for: bound })
    const b = seal({ kek, plain: 'b', for: { ...bound, key: 'b' } })
    const again = seal({ kek, plain: 'c', for: bound })
    expect(() => open({ kek, sealed: b, for: bound })).toThrow(SealBroken)
    for (const mixed of [
      { ...a, ciphertext: b.ciphertext, nonce: b.nonce },
      { ...a, wrapped_key: b.wrapped_key, wrap_nonce: b.wrap_nonce },
      { ...a, wrapped_key: again.wrapped_key, wrap_nonce: again.wrap_nonce },
    ]) {
      expect(() => open({ kek, sealed: mixed, for: bound })).toThrow(SealBroken)
    }
  })
  it('does not open in another spelling of the same bytes', () => {
    const sealed = seal({ kek, plain: 'value', for: bound })
    expect(() => open({ kek, sealed: { ...sealed, nonce: ` ${sealed.nonce}` }, for: bound })).toThrow(SealBroken)
    expect(() => open({ kek, sealed: { ...sealed, ciphertext: `${sealed.ciphertext}\n` }, for: bound })).toThrow(SealBroken)
  })
  it('fails with the same words whatever was wrong', () => {
    const sealed = seal({ kek, plain: 'value', for: bound })
    const messages = [
      { ...sealed, nonce: flip(sealed.nonce, 3) },
      { ...sealed, key_id: 'x' },
      { ...sealed, wrapped_key: '' },
    ].map((broken: Sealed) => {
      try {
        return open({ kek, sealed: broken, for: bound })
      } catch (error) {
        return String(error)
      }
    })
    expect(new Set(messages).size).toBe(1)
  })
  it('never repeats a nonce, and all 96 bits of it vary', () => {
    const seen = new Set<string>()
    const ones = new Array<number>(96).fill(0)
    for (let i = 0; i < 2000; i += 1) {
      const { nonce, wrap_nonce } = seal({ kek, plain: 'same', for: bound })
      for (const text of [nonce, wrap_nonce]) {
        seen.add(text)
        const bytes = Buffer.from(text, 'base64')
        for (let bit = 0; bit < 96; bit += 1) ones[bit] = ones[bit]! + ((bytes[bit >> 3]! >> (bit & 7)) & 1)
      }
    }
    expect(seen.size).toBe(4000)
    // 4,000 fair coins: 2,000 ± 6 standard deviations of 31.6.
    for (const count of ones) expect(Math.abs(count - 2000)).toBeLessThan(190)
  })
})

describe('a key-encryption key', () => {
  it('has 32 bytes, and an id that is not made of them', () => {
    expect(() => kekOf(randomBytes(16))).toThrow(RangeError)
    const key = randomBytes(32)
    expect(kekOf(key).id).toMatch(/^[0-9a-f]{16}$/)
    expect(key.toString('hex')).not.toContain(kekOf(key).id)
    expect(kekOf(Buffer.from(key)).id).toBe(kekOf(key).id)
  })
})
