import { describe, expect, it } from 'vitest'
import { safeNext, takeSignInToken } from './signInToken.ts'

function pageAt(href: string) {
  const url = new URL(href)
  const seen: string[] = []
  return {
    seen,
    page: {
      location: { href, hash: url.hash, pathname: url.pathname },
      history: { replaceState: (_: unknown, __: string, to: string) => void seen.push(to) },
    },
  }
}

describe('one-time sign-in links', () => {
  it('are taken from the fragment and leave the address', () => {
    const { page, seen } = pageAt('http://localhost:8080/dags?paused=true#token=abc')
    expect(takeSignInToken(page)).toBe('abc')
    expect(seen).toEqual(['/dags?paused=true'])
  })
  it('are taken from /sign-in?link= and leave the address', () => {
    const { page, seen } = pageAt('http://localhost:8080/sign-in?link=abc&next=%2Fdags')
    expect(takeSignInToken(page)).toBe('abc')
    expect(seen).toEqual(['/sign-in?next=%2Fdags'])
  })
  it('are taken from the fragment of /sign-in, as the server prints them', () => {
    const { page, seen } = pageAt('http://localhost:3000/sign-in#link=abc')
    expect(takeSignInToken(page)).toBe('abc')
    expect(seen).toEqual(['/sign-in'])
  })
  it('are not seen where there are none', () => {
    const { page, seen } = pageAt('http://localhost:8080/dags?link=abc')
    expect(takeSignInToken(page)).toBeNull()
    expect(seen).toEqual([])
  })
})

describe('the page after sign-in', () => {
  it('is a path of this site', () => {
    expect(safeNext('/dags/a/runs?state=failed')).toBe('/dags/a/runs?state=failed')
    for (const bad of [undefined, '//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)', '/sign-in']) {
      expect(safeNext(bad)).toBe('/')
    }
  })
})
