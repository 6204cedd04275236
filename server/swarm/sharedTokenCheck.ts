/** Controllers of one database must share the worker token: after a failover the next leader would refuse every worker. */
import type { Store } from '#db/store.ts'
import { ConfigError } from '#runtime/config.ts'

const SETTING = 'worker_token_hash'

/**
 * Throws ConfigError if another controller that lives has another token. Without one the token may change: the workers get the new one.
 * Called when this controller has said that it lives: of two that start at once, the later one finds the other.
 */
export async function checkSharedToken(store: Store, p: { holder: string; token_hash: Buffer }): Promise<void> {
  if (store.cluster === null) return
  const mine = p.token_hash.toString('hex')
  const known = await store.settingInit({ name: SETTING, value: mine })
  if (known === mine) return
  const { others } = await store.cluster.beat({ holder: p.holder, api_address: null, swarm_address: null })
  const [other] = others
  if (other !== undefined)
    throw new ConfigError(
      `Controller ${other.holder} (${other.api_address ?? 'address unknown'}) on the same database has another worker token, so workers would be refused whenever this one leads. Give all controllers one token: set VORTEX_WORKER_TOKEN, or copy worker.token from the other's data folder into this one's. To change the token, stop all controllers first; one that was killed counts for some seconds more.`,
    )
  await store.settingPut({ name: SETTING, value: mine })
}
