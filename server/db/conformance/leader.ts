import { describe, expect, test } from 'vitest'
import type { SubjectOf } from './subject.ts'

export function leaderConformance(subject: SubjectOf): void {
  describe('leaderAcquire', () => {
    test('gives nobody else a term while the lease is alive', async () => {
      const { store } = subject()
      const term = await subject().lead()
      expect(await store.leaderAcquire({ holder: 'rival', lease_ms: 1000 })).toBeNull()
      expect(await store.leaderRenew({ holder: 'subject', epoch: term.epoch, lease_ms: 60_000 })).toBe(true)
    })

    test('gives a rival the term when the lease has ended, with a larger epoch and the same commit number', async () => {
      const { store } = subject()
      const first = await subject().lead()
      expect(await store.leaderRenew({ holder: 'subject', epoch: first.epoch, lease_ms: 1 })).toBe(true)
      const second = await acquireWhenFree(subject, 'rival')
      expect(second.epoch).toBe(first.epoch + 1)
      expect(second.commit_seq).toBe(first.commit_seq)
      await store.leaderResign({ holder: 'rival', epoch: second.epoch })
      await subject().lead()
    })

    test('gives the same holder a new term at once: its earlier process is gone', async () => {
      const first = await subject().lead()
      const second = await subject().lead()
      expect(second.epoch).toBe(first.epoch + 1)
    })
  })

  describe('leaderRenew', () => {
    test('renews a lease that has ended as long as nobody else has won since, and never after', async () => {
      const { store } = subject()
      const term = await subject().lead()
      await store.leaderRenew({ holder: 'subject', epoch: term.epoch, lease_ms: 1 })
      await new Promise((resolve) => setTimeout(resolve, 20))
      expect(await store.leaderRenew({ holder: 'subject', epoch: term.epoch, lease_ms: 1 })).toBe(true)
      const rival = await acquireWhenFree(subject, 'rival')
      expect(await store.leaderRenew({ holder: 'subject', epoch: term.epoch, lease_ms: 60_000 })).toBe(false)
      expect(await store.leaderRenew({ holder: 'rival', epoch: rival.epoch, lease_ms: 60_000 })).toBe(true)
      await store.leaderResign({ holder: 'rival', epoch: rival.epoch })
      await subject().lead()
    })

    test('refuses an older epoch of the same holder', async () => {
      const first = await subject().lead()
      await subject().lead()
      expect(await subject().store.leaderRenew({ holder: 'subject', epoch: first.epoch, lease_ms: 60_000 })).toBe(false)
    })
  })

  describe('leaderResign', () => {
    test('frees the term at once', async () => {
      const { store } = subject()
      const term = await subject().lead()
      await store.leaderResign({ holder: 'subject', epoch: term.epoch })
      const rival = await store.leaderAcquire({ holder: 'rival', lease_ms: 60_000 })
      expect(rival?.epoch).toBe(term.epoch + 1)
      await store.leaderResign({ holder: 'rival', epoch: term.epoch + 1 })
      await subject().lead()
    })

    test('of an older term leaves the newer one alone', async () => {
      const { store } = subject()
      const first = await subject().lead()
      const second = await subject().lead()
      await store.leaderResign({ holder: 'subject', epoch: first.epoch })
      expect(await store.leaderRenew({ holder: 'subject', epoch: second.epoch, lease_ms: 600_000 })).toBe(true)
    })
  })
}

async function acquireWhenFree(subject: SubjectOf, holder: string): Promise<{ epoch: number; commit_seq: number }> {
  let term: { epoch: number; commit_seq: number } | null = null
  await expect.poll(async () => (term = await subject().store.leaderAcquire({ holder, lease_ms: 60_000 }))).not.toBeNull()
  return term as unknown as { epoch: number; commit_seq: number }
}
