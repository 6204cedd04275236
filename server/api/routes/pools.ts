/** Pools. The engine keeps them in memory and is told after each change. */
import { VortexError } from '#contract/errors.ts'
import type { PoolRecord } from '#db/records.ts'
import type { Handlers } from '../handlers.ts'
import type { ApiServices } from '../services.ts'
import { presentLiveTasks, presentPool } from '../present/admin.ts'

type PoolHandlers = Pick<Handlers, 'listPools' | 'createPool' | 'getPool' | 'updatePool' | 'deletePool' | 'listPoolTasks'>
const DEFAULT_POOL = 'default_pool'

export function poolHandlers({ store, engine, leader }: ApiServices): PoolHandlers {
  const present = async (pool: PoolRecord) => presentPool(pool, (await leader.poolUsage()).get(pool.name))
  async function put(pool: PoolRecord) {
    await store.poolPut(pool)
    await engine.poolsChanged({})
    return present(pool)
  }
  return {
    async listPools() {
      const [pools, usage] = await Promise.all([store.poolList(), leader.poolUsage()])
      return { pools: pools.map((pool) => presentPool(pool, usage.get(pool.name))) }
    },
    async createPool({ body: { name, slots, description = '', include_deferred = false } }) {
      if ((await store.poolList()).some((pool) => pool.name === name))
        throw new VortexError('conflict', `There is a pool "${name}" already.`)
      return put({ name, slots, description, include_deferred })
    },
    listPoolTasks: async ({ query }, { object: pool }) =>
      presentLiveTasks(await leader.liveTasks({ pool: pool.name, limit: query.limit ?? 100 })),
    getPool: async (_, { object: pool }) => present(pool),
    updatePool: ({ body: { slots, description = '', include_deferred = false } }, { object: pool }) =>
      put({ name: pool.name, slots, description, include_deferred }),
    async deletePool(_, { object: pool }) {
      if (pool.name === DEFAULT_POOL)
        throw new VortexError('invalid_state', `The pool "${DEFAULT_POOL}" cannot be deleted: tasks without a pool use it.`)
      await store.poolDelete({ name: pool.name })
      await engine.poolsChanged({})
      return { message: `Pool "${pool.name}" was deleted.` }
    },
  }
}
