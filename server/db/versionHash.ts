/** Identity of a DAG version: the same spec and bundle always give the same hash, whatever the order of their keys. */
import { createHash } from 'node:crypto'
import type { DagSpec } from '#contract/dagSpec.ts'

export function dagVersionHash(spec: DagSpec, bundleHash: string): string {
  return createHash('sha256').update(canonicalJson(spec)).update('\n').update(bundleHash).digest('hex')
}

/** JSON with the keys of every object in order. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
