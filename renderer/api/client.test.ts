import { expect, test } from 'vitest'
import { createClient } from '#contract/client.ts'
import { strings } from '../strings.ts'
import { pageFetch } from './client.ts'
import { errorCode, errorText, isWorthRetrying } from './errors.ts'

/** A network on which everything is sent and nothing comes back, until the page gives up. */
const silence: typeof fetch = (_, init) =>
  new Promise((_resolve, reject) => {
    init?.signal?.addEventListener('abort', () => {
      reject(init.signal?.reason as Error)
    })
  })

test('a change without an answer is not told as a server that cannot be reached', async () => {
  const api = createClient({ base: '', fetch: pageFetch({ read_ms: 20, write_ms: 40 }, silence) })
  const error: unknown = await api.triggerDag({ params: { dag_id: 'etl' }, body: {} }).catch((e: unknown) => e)
  expect(errorCode(error)).toBe('no_answer')
  expect(errorText(error)).toBe(strings.errors.noAnswer)
  expect(isWorthRetrying(error)).toBe(false)
  const read: unknown = await api.getDag({ params: { dag_id: 'etl' } }).catch((e: unknown) => e)
  expect(errorCode(read)).toBe('offline')
})

test('an answer that nobody wants any more is not waited for', async () => {
  const api = createClient({ base: '', fetch: pageFetch(undefined, silence) })
  const wish = new AbortController()
  const answer = api.search({ query: { q: 'typed' }, signal: wish.signal }).catch((e: unknown) => e)
  wish.abort()
  expect(await answer).toMatchObject({ name: 'AbortError' })
})
