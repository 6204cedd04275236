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
    const time = async (hash: string | null): Promise<number> => {
      const times: number[] = []
      for (let i = 0; i < 15; i += 1) {
        const start = performance.now()
        await passwords.verify({ password: 'guess', stored: hash })
        times.push(performance.now() - start)
      }
      return times.sort((a, b) => a - b)[3] ?? 0
    }
    const [somebody, nobody] = [await time(stored), await time(null)]
    expect(Math.max(somebody, nobody) / Math.min(somebody, nobody)).toBeLessThan(1.5)
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
