import { describe, expect, test } from 'vitest'
import { isExtra, keptExtra, secretTexts, shownExtra } from './connectionExtra.ts'

const stored = '{"region": "eu", "aws_secret_access_key": "k3y", "keyfile_dict": {"id": 7, "keys": ["a", "b"]}, "api_token": null}'
const shown = '{"region":"eu","aws_secret_access_key":"***","keyfile_dict":{"id":"***","keys":["***","***"]},"api_token":null}'

describe('the extra of a connection', () => {
  test('shows no value of a sensitive name, at any depth', () => {
    expect(shownExtra(stored)).toBe(shown)
    expect(shownExtra('not JSON: hunter2')).toBe('***')
  })

  test('that comes back as it was shown is what it was', () => {
    expect(JSON.parse(keptExtra(shown, stored) ?? '')).toEqual(JSON.parse(stored))
    expect(JSON.parse(keptExtra('{"region":"us","aws_secret_access_key":"***"}', stored) ?? '')).toEqual({
      region: 'us',
      aws_secret_access_key: 'k3y',
    })
  })

  test('is stored as it was written', () => {
    expect(keptExtra(stored, null)).toBe(stored)
    expect(keptExtra('{"stars": "***"}', null)).toBe('{"stars": "***"}')
  })

  test('that asks for a value which nobody gave is refused', () => {
    expect(keptExtra(shown, null)).toBeNull()
    expect(keptExtra('{"password":"***"}', stored)).toBeNull()
  })

  test('gives away which texts a log must not hold', () => {
    expect(secretTexts({ password: 'pw', extra: stored })).toEqual(['pw', 'k3y', 'a', 'b'])
    expect(secretTexts({ password: null, extra: 'x' })).toEqual([])
  })

  test('is the JSON of an object', () => {
    expect(['{}', '{"a":1}', '[]', '1', 'x', ''].map(isExtra)).toEqual([true, true, false, false, false, false])
  })
})
