import { expect, test } from 'vitest'
import { openStore } from '#db/openStore.ts'
import { ConfigError } from '#runtime/config.ts'
import { freshPostgresUrl } from '#testkit/databases.ts'
import { hashToken } from './authentication.ts'
import { checkSharedToken } from './sharedTokenCheck.ts'

test('a controller with another worker token is refused while one with the first lives, and may change it afterwards', async () => {
  const store = await openStore({ database_url: await freshPostgresUrl() })
  try {
    const check = async (holder: string, token: string) => {
      await store.cluster?.beat({ holder, api_address: `http://${holder}`, swarm_address: null })
      await checkSharedToken(store, { holder, token_hash: hashToken(token) })
    }
    await check('a', 'one')
    await check('b', 'one')
    await store.cluster?.gone({ holder: 'b' })
    const refused = check('c', 'two')
    await expect(refused).rejects.toThrow(ConfigError)
    await expect(refused).rejects.toThrow(/Controller a \(http:\/\/a\).*VORTEX_WORKER_TOKEN/)
    await store.cluster?.gone({ holder: 'c' })
    await check('a', 'one')
    await store.cluster?.gone({ holder: 'a' })
    await check('c', 'two')
    await expect(check('a', 'one')).rejects.toThrow('Controller c')
  } finally {
    await store.close()
  }
})
