import { describe, expect, it } from 'vitest'
import { createPasswords } from './passwords.ts'

describe('password hashes', () => {
  it('cost N=2^17, r=8, p=1 by default, and are salted', async () => {
    const passwords = createPasswords()
    const [a, b] = await Promise.all([passwords.hash('the same password'), passwords.hash('the same password')])
    expect(a).toMatch(/^scrypt\$131072\$8\$1\$/)
    expect(a).not.toBe(b)
    expect(await passwords.verify({ password: 'the same password', stored: a })).toBe(true)
    expect(await passwords.verify({ password: 'the same passwort', stored: a })).toBe(false)
  })
  it('are the same for one text in two Unicode spellings', async () => {
    const passwords = createPasswords({ cost: 1024 })
    expect(await passwords.verify({ password: 'cafe\u0301 au lait', stored: await passwords.hash('caf\u00e9 au lait') })).toBe(true)
  })
  it('take the same work for nobody as for somebody', async () => {
    const passwords = createPasswords({ cost: 2 ** 14 })
    const stored = await passwords.hash('x')
    // The quickest of many, taken in turns: other work on the machine only ever adds time.
    const quickest = { somebody: Infinity, nobody: Infinity }
    for (let i = 0; i < 30; i += 1) {
      for (const [who, hash] of [
        ['somebody', stored],
        ['nobody', null],
      ] as const) {
        const start = performance.now()
        await passwords.verify({ password: 'guess', stored: hash })
        quickest[who] = Math.min(quickest[who], performance.now() - start)
      }
    }
    expect(Math.max(quickest.somebody, quickest.nobody) / Math.min(quickest.somebody, quickest.nobody)).toBeLessThan(1.3)
  })
  it('never answer true for nobody, nor for a damaged hash', async () => {
    const passwords = createPasswords({ cost: 1024 })
    expect(await passwords.verify({ password: '', stored: null })).toBe(false)
    expect(await passwords.verify({ password: '', stored: 'plain' })).toBe(false)
  })
  it('are refused when too many wait, and serve again afterwards', async () => {
    const passwords = createPasswords({ cost: 1024 })
    const answers = await Promise.allSettled(Array.from({ length: 40 }, () => passwords.hash('x')))
    expect(answers.filter((answer) => answer.status === 'rejected').length).toBe(40 - 18)
    await expect(passwords.hash('x')).resolves.toMatch(/^scrypt/)
  })
})
