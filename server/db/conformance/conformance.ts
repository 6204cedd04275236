/** The suite that both dialects must pass. */
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Store } from '../store.ts'
import { backfillsConformance } from './backfills.ts'
import { connectionsConformance } from './connections.ts'
import { dagFilesConformance } from './dagFiles.ts'
import { dagsConformance } from './dags.ts'
import { engineCommitConformance } from './engineCommit.ts'
import { engineLoadConformance } from './engineLoad.ts'
import { insightsConformance } from './insights.ts'
import { gridConformance } from './grid.ts'
import { homeConformance } from './home.ts'
import { leaderConformance } from './leader.ts'
import { ledgerConformance } from './ledger.ts'
import { logsConformance } from './logs.ts'
import { renderedConformance } from './rendered.ts'
import { retentionConformance } from './retention.ts'
import { runsConformance } from './runs.ts'
import { settingsConformance } from './settings.ts'
import { Subject } from './subject.ts'
import { taskInstancesConformance } from './taskInstances.ts'
import { usersConformance } from './users.ts'
import { assetsConformance } from './assets.ts'
import { xcomsConformance } from './xcoms.ts'

export function conformance(open: () => Promise<Store>): void {
  let current: Subject | null = null
  const subject = (): Subject => {
    if (current === null) throw new Error('the store is not open')
    return current
  }
  beforeAll(async () => {
    current = new Subject(await open())
  }, 60_000)
  afterAll(() => current?.store.close())

  leaderConformance(subject)
  engineCommitConformance(subject)
  engineLoadConformance(subject)
  dagFilesConformance(subject)
  dagsConformance(subject)
  runsConformance(subject)
  taskInstancesConformance(subject)
  assetsConformance(subject)
  xcomsConformance(subject)
  ledgerConformance(subject)
  gridConformance(subject)
  homeConformance(subject)
  insightsConformance(subject)
  backfillsConformance(subject)
  settingsConformance(subject)
  connectionsConformance(subject)
  usersConformance(subject)
  logsConformance(subject)
  renderedConformance(subject)
  retentionConformance(subject)

  describe('now', () => {
    test("is the database's clock in milliseconds", async () => {
      const first = await subject().store.now()
      expect(Math.abs(first - Date.now())).toBeLessThan(60_000)
      expect(await subject().store.now()).toBeGreaterThanOrEqual(first)
    })
  })

  describe('ping', () => {
    test('answers', async () => {
      await expect(subject().store.ping()).resolves.toBeUndefined()
    })
  })

  describe('close', () => {
    test('every method of the store is named in a describe of this suite', () => {
      const folder = new URL('.', import.meta.url)
      const text = readdirSync(folder)
        .filter((name) => name.endsWith('.ts'))
        .map((name) => readFileSync(new URL(name, folder), 'utf8'))
        .join('\n')
      const described = new Set([...text.matchAll(/describe\('(\w+)'/g)].map((match) => match[1]))
      const methods = Object.entries(subject().store)
        .filter(([, value]) => typeof value === 'function')
        .map(([name]) => name)
      expect(methods.length).toBeGreaterThan(70)
      expect(methods.filter((name) => !described.has(name))).toEqual([])
    })
  })
}
