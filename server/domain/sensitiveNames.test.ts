import { expect, test } from 'vitest'
import { isSensitiveName } from './sensitiveNames.ts'

test('names that promise a secret are known', () => {
  expect(['DB_PASSWORD', 'my_api_key', 'github_token', 'client_secret'].every(isSensitiveName)).toBe(true)
  expect(['bucket', 'batch_size', 'email'].some(isSensitiveName)).toBe(false)
})
