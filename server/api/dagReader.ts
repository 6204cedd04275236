/** Reads that several DAG and run handlers share: versions (immutable but for dates, so cached), sources, and what surrounds a DAG's row. */
import { VortexError } from '#contract/errors.ts'
import type { DagSource } from '#contract/dag.ts'
import type { DagRun, DagRunDetail } from '#contract/dagRun.ts'
import type { DagRecord, DagRunRecord, DagRunRow, DagVersionRecord } from '#db/records.ts'
import type { Store } from '#db/store.ts'
import { movingParts } from '#db/versionHash.ts'
import type { Clock } from '#runtime/clock.ts'
import { VERSIONS_CACHED } from '#runtime/limits.ts'
import { Lru } from './lru.ts'
import { NO_RUNS, NO_SURROUNDINGS, type DagSurroundings } from './present/dag.ts'
import { presentRun } from './present/dagRun.ts'

/** Bars of a DAG's recent history in lists. */
const RECENT_RUNS = 14
/** A version takes over the dates of later parses (server/db/versionHash.ts), so it is read again after this time. */
const DATES_KEPT_MS = 30_000

export interface DagReader {
  version(id: number): Promise<DagVersionRecord>
  versionByNumber(p: { dag_id: string; version: number }): Promise<DagVersionRecord>
  /** A version of this DAG; the newest one, which pages ask for by its number too, is not read again. */
  versionOf(dag: DagRecord, version: number): Promise<DagVersionRecord>
  source(version: DagVersionRecord): Promise<DagSource>
  /** As `username` sees them. */
  surroundings(dags: readonly DagRecord[], username: string): Promise<Map<string, DagSurroundings>>
  surroundingsOf(dag: DagRecord, username: string): Promise<DagSurroundings>
  presentRuns(runs: readonly DagRunRow[]): Promise<DagRun[]>
  presentOneRun(run: DagRunRecord): Promise<DagRunDetail>
}

export function createDagReader(store: Store, clock: Pick<Clock, 'monotonic'>): DagReader {
  const versions = new Lru<number, { record: DagVersionRecord; until: number }>(VERSIONS_CACHED)
  const numbers = new Lru<number, number>(10_000)

  async function surroundings(dags: readonly DagRecord[], username: string): Promise<Map<string, DagSurroundings>> {
    if (dags.length === 0) return new Map()
    const dag_ids = dags.map((dag) => dag.dag_id)
    const files = [...new Set(dags.map((dag) => dag.file))]
    const [recent, counts, failing, favourites] = await Promise.all([
      store.dagRecentRuns({ dag_ids, limit: RECENT_RUNS }),
      store.dagRunStateCounts({ dag_ids }),
      store.dagFileErrorList({ files, limit: files.length, offset: 0 }),
      store.favouriteList({ username, dag_ids }),
    ])
    const errors = new Map(failing.data.map((file) => [file.file, file.error]))
    return new Map(
      dags.map((dag) => [
        dag.dag_id,
        {
          recent_runs: recent.get(dag.dag_id) ?? [],
          run_counts: counts.get(dag.dag_id) ?? NO_RUNS,
          import_error: errors.get(dag.file) ?? null,
          is_favourite: favourites.includes(dag.dag_id),
        },
      ]),
    )
  }
  async function versionNumbers(runs: readonly DagRunRow[]): Promise<(run: DagRunRow) => number> {
    const missing = [...new Set(runs.map((run) => run.dag_version_id))].filter((id) => numbers.get(id) === undefined)
    if (missing.length > 0) for (const { id, version } of await store.dagVersionsByIds({ ids: missing })) numbers.set(id, version)
    return (run) => numbers.get(run.dag_version_id) ?? 0
  }
  async function version(id: number): Promise<DagVersionRecord> {
    const cached = versions.get(id)
    if (cached !== undefined && cached.until > clock.monotonic()) return cached.record
    const record = await store.dagVersionGet({ id })
    if (record === null) throw new VortexError('not_found', 'This DAG version does not exist any more.')
    // The same object as long as nothing has moved: what is worked out of it is kept with it.
    const isSame = cached !== undefined && movingParts(cached.record.spec) === movingParts(record.spec)
    const kept = isSame ? cached.record : record
    versions.set(id, { record: kept, until: clock.monotonic() + DATES_KEPT_MS })
    return kept
  }
  async function versionByNumber(p: { dag_id: string; version: number }): Promise<DagVersionRecord> {
    const found = await store.dagVersionByNumber(p)
    if (found === null) throw new VortexError('not_found', `DAG "${p.dag_id}" has no version ${p.version}.`)
    return found
  }
  return {
    version,
    versionByNumber,
    versionOf: (dag, number) =>
      number === dag.version ? version(dag.dag_version_id) : versionByNumber({ dag_id: dag.dag_id, version: number }),
    async source({ dag_id, version, file, bundle_hash }) {
      const bundle = await store.bundleGet({ hash: bundle_hash })
      const entry = bundle?.files[0]
      const content = entry ? await store.blobGet({ sha256: entry.sha256 }) : null
      if (content === null) throw new VortexError('not_found', `The source of version ${version} of DAG "${dag_id}" is not stored.`)
      return { dag_id, version, source: new TextDecoder().decode(content), file_path: file }
    },
    surroundings,
    async surroundingsOf(dag, username) {
      return (await surroundings([dag], username)).get(dag.dag_id) ?? NO_SURROUNDINGS
    },
    async presentRuns(runs) {
      const numberOf = await versionNumbers(runs)
      return runs.map((run) => presentRun(run, numberOf(run)))
    },
    presentOneRun: async (run) => presentRun(run, (await versionNumbers([run]))(run)),
  }
}
