/** Identity of a DAG version: the same spec and bundle always give the same hash, whatever the order of their keys. */
import { createHash } from 'node:crypto'
import type { DagSpec } from '#contract/dagSpec.ts'

/**
 * Without what an unchanged file says anew at each parse, dates counted from today and the runs of an author's own timetable: those make
 * no version, the newest one takes them over. A file whose text changed has another bundle.
 */
export function dagVersionHash(spec: DagSpec, bundleHash: string): string {
  const { timetable } = spec
  const planned = timetable.type === 'computed' ? { type: timetable.type, summary: timetable.summary } : timetable
  const fixed = { ...spec, start_date: null, timetable: planned, tasks: spec.tasks.map((task) => ({ ...task, start_date: null })) }
  return createHash('sha256').update(canonicalJson(fixed)).update('\n').update(bundleHash).digest('hex')
}

/** The rest of it, as a text that is equal when nothing has moved. */
export function movingParts(spec: DagSpec): string {
  return canonicalJson([spec.start_date, spec.timetable, spec.tasks.map(({ start_date }) => start_date)])
}

/** JSON with the keys of every object in order. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
