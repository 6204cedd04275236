/**
 * What parses found: DAG files, DAG versions, bundles and file contents.
 *
 * A version appears only when the canonical spec or the bundle differs from the newest version; the fields that the scheduler
 * keeps (next run, last scheduled run, consecutive failures, paused) are never touched here.
 */
import type { DagSpec } from '#contract/dagSpec.ts'
import type { BundleRecord, DagFileRecord, DagRecord, DagVersionRecord } from '../records.ts'
import type { DagFileSaved, PageOf, PageRequest } from '../store.ts'
import { cursorKey, limitOf, pageOf } from '../page.ts'
import { contains, totalOf } from './reading.ts'
import type { Database, Session } from '../database.ts'
import { assignments, columns, insertRow, join, list, sql, upsertRow, where } from '../sql.ts'
import { dagVersionHash, movingParts } from '../versionHash.ts'

export function dagFileList(db: Database): Promise<DagFileRecord[]> {
  return db.read((s) => s.records('dag_files', sql`SELECT ${columns('dag_files')} FROM dag_files ORDER BY file`))
}

export function dagFileErrorList(db: Database, p: PageRequest & { files?: string[]; search?: string }): Promise<PageOf<DagFileRecord>> {
  return db.read(async (s) => {
    const scope = [
      sql`error IS NOT NULL`,
      p.files === undefined ? null : sql`file IN ${list(p.files)}`,
      p.search === undefined
        ? null
        : sql`(${contains(sql`file`, p.search)} OR ${contains(s.dialect.jsonText(sql`error`, 'message'), p.search)})`,
    ]
    const after = cursorKey(p, [''] as const)
    const rows = await s.records(
      'dag_files',
      sql`SELECT ${columns('dag_files')} FROM dag_files ${where([...scope, after && sql`file > ${after[0]}`])} ORDER BY file ${limitOf(p)}`,
    )
    return pageOf(p, rows, await totalOf(s, sql`SELECT count(*) AS n FROM dag_files ${where(scope)}`), (row) => [row.file])
  })
}

export function dagFilesByPath(db: Database, p: { files: string[] }): Promise<DagFileRecord[]> {
  return db.read((s) =>
    s.records('dag_files', sql`SELECT ${columns('dag_files')} FROM dag_files WHERE file IN ${list(p.files)} ORDER BY file`),
  )
}

export function dagFileVersions(
  db: Database,
  p: { file: string; limit: number },
): Promise<{ dag_id: string; version: number; sha256: string | null }[]> {
  return db.read(async (s) => {
    const rows = await s.rows<{ dag_id: string; version: number; bundle_hash: string }>(
      sql`SELECT d.dag_id, v.version, v.bundle_hash FROM dags d JOIN dag_versions v ON v.id = d.dag_version_id
        WHERE d.file = ${p.file} AND d.is_stale = ${false} ORDER BY d.dag_id LIMIT ${p.limit}`,
    )
    const hashes = [...new Set(rows.map((row) => row.bundle_hash))]
    const bundles = await s.records('bundles', sql`SELECT ${columns('bundles')} FROM bundles WHERE hash IN ${list(hashes)}`)
    // A bundle names the DAG file first.
    const texts = new Map(bundles.map((bundle) => [bundle.hash, bundle.files[0]?.sha256 ?? null]))
    return rows.map(({ dag_id, version, bundle_hash }) => ({ dag_id, version, sha256: texts.get(bundle_hash) ?? null }))
  })
}

export interface DagFileSave {
  record: DagFileRecord
  specs: DagSpec[]
  bundle: BundleRecord | null
  paused_default: boolean
  now: number
}

export function dagFileSave(db: Database, p: DagFileSave): Promise<DagFileSaved> {
  return db.write(
    async (s) => {
      await s.run(upsertRow('dag_files', p.record, ['file']))
      const saved: DagFileSaved = { changed: [], stale: [], duplicates: [], missing_blobs: [] }
      // With an error the last good versions stay in force, so nothing becomes stale either.
      if (p.record.error !== null || p.bundle === null) return saved
      await s.run(sql`${insertRow('bundles', p.bundle)} ON CONFLICT (hash) DO NOTHING`)
      for (const spec of p.specs) await saveDag(s, p, p.bundle, spec, saved)
      if (saved.changed.length > 0) saved.missing_blobs = await missingBlobs(s, p.bundle)
      saved.stale = await makeStale(
        s,
        p.record.file,
        p.specs.map((spec) => spec.dag_id),
        p.now,
      )
      return saved
    },
    { lock: 'dag_files' },
  )
}

async function saveDag(s: Session, p: DagFileSave, bundle: BundleRecord, spec: DagSpec, saved: DagFileSaved): Promise<void> {
  const known = (await s.records('dags', sql`SELECT ${columns('dags')} FROM dags WHERE dag_id = ${spec.dag_id}`))[0]
  if (known !== undefined && known.file !== p.record.file && !known.is_stale) {
    saved.duplicates.push({ dag_id: spec.dag_id, owner_file: known.file })
    return
  }
  const hash = dagVersionHash(spec, bundle.hash)
  const shown = shownFields(spec, p)
  if (known === undefined) {
    const dag: DagRecord = { ...newDag(spec, p), ...shown }
    // The version's foreign key wants the DAG first, and the DAG names its version: inserted as 0, then set.
    await s.run(insertRow('dags', dag))
    const version = await insertVersion(s, p, bundle, spec, hash, 1)
    await s.run(sql`UPDATE dags SET dag_version_id = ${version.id} WHERE dag_id = ${spec.dag_id}`)
    saved.changed.push({ dag: { ...dag, dag_version_id: version.id }, version, is_new: true })
    return
  }
  const newest = (
    await s.records('dag_versions', sql`SELECT ${columns('dag_versions')} FROM dag_versions WHERE id = ${known.dag_version_id}`)
  )[0]
  const unchanged = newest !== undefined && newest.hash === hash
  const moved = unchanged && movingParts(newest.spec) !== movingParts(spec)
  if (unchanged && !moved && !known.is_stale && known.is_dynamic === shown.is_dynamic) return
  if (moved) await s.run(sql`UPDATE dag_versions SET ${assignments('dag_versions', { spec })} WHERE id = ${newest.id}`)
  const version = unchanged ? { ...newest, spec } : await insertVersion(s, p, bundle, spec, hash, known.version + 1)
  const set = { ...shown, dag_version_id: version.id, version: version.version, is_stale: false, updated_at: p.now }
  await s.run(sql`UPDATE dags SET ${assignments('dags', set)} WHERE dag_id = ${spec.dag_id}`)
  if (!unchanged || moved || known.is_stale) saved.changed.push({ dag: { ...known, ...set }, version, is_new: false })
}

async function insertVersion(
  s: Session,
  p: DagFileSave,
  bundle: BundleRecord,
  spec: DagSpec,
  hash: string,
  number: number,
): Promise<DagVersionRecord> {
  const row = { dag_id: spec.dag_id, version: number, hash, spec, bundle_hash: bundle.hash, file: p.record.file, created_at: p.now }
  const id = (await s.rows<{ id: number }>(sql`${insertRow('dag_versions', row)} RETURNING id`))[0]?.id
  if (id === undefined) throw new Error('INSERT ... RETURNING gave no row')
  await saveTasks(s, spec)
  return { id, ...row }
}

/** Of one statement: a database binds a bounded number of values. */
const TASKS_AT_ONCE = 500

/** The search finds tasks of the newest versions by this table; a changed version mostly has the same ones. */
async function saveTasks(s: Session, spec: DagSpec): Promise<void> {
  const known = await s.rows<{ task_id: string }>(sql`SELECT task_id FROM dag_tasks WHERE dag_id = ${spec.dag_id}`)
  const before = new Set(known.map(({ task_id }) => task_id))
  const after = new Set(spec.tasks.map(({ task_id }) => task_id))
  const added = [...after].filter((task_id) => !before.has(task_id))
  const gone = [...before].filter((task_id) => !after.has(task_id))
  for (let at = 0; at < added.length; at += TASKS_AT_ONCE) {
    const rows = added.slice(at, at + TASKS_AT_ONCE).map((task_id) => sql`(${spec.dag_id}, ${task_id})`)
    await s.run(sql`INSERT INTO dag_tasks (dag_id, task_id) VALUES ${join(rows, ', ')}`)
  }
  for (let at = 0; at < gone.length; at += TASKS_AT_ONCE)
    await s.run(sql`DELETE FROM dag_tasks WHERE dag_id = ${spec.dag_id} AND task_id IN ${list(gone.slice(at, at + TASKS_AT_ONCE))}`)
}

/** What lists show of a spec. */
function shownFields(spec: DagSpec, p: DagFileSave) {
  return {
    file: p.record.file,
    description: spec.description,
    dag_display_name: spec.dag_display_name,
    owner: spec.owner,
    tags: spec.tags,
    schedule: spec.schedule,
    timezone: spec.timezone,
    max_active_runs: spec.max_active_runs,
    max_active_tasks: spec.max_active_tasks,
    task_count: spec.tasks.length,
    is_dynamic: p.specs.length > 1,
    catchup: spec.catchup ?? false,
  }
}

function newDag(spec: DagSpec, p: DagFileSave) {
  return {
    dag_id: spec.dag_id,
    is_paused: spec.is_paused_upon_creation ?? p.paused_default,
    is_stale: false,
    dag_version_id: 0,
    version: 1,
    next_run_after: null,
    next_logical_date: null,
    next_interval_start: null,
    next_interval_end: null,
    last_scheduled_logical_date: null,
    last_scheduled_interval_start: null,
    last_scheduled_interval_end: null,
    last_scheduled_run_after: null,
    consecutive_failed_runs: 0,
    queued_asset_events: [],
    asset_uses: [],
    asset_schedule: null,
    created_at: p.now,
    updated_at: p.now,
  }
}

/** DAGs of a file that it does not define any more. Their history stays. */
async function makeStale(s: Session, file: string, kept: string[], now: number): Promise<string[]> {
  const gone = await s.rows<{ dag_id: string }>(
    sql`SELECT dag_id FROM dags WHERE file = ${file} AND is_stale = ${false} AND dag_id NOT IN ${list(['', ...kept])} ORDER BY dag_id`,
  )
  const ids = gone.map((row) => row.dag_id)
  if (ids.length > 0) await s.run(sql`UPDATE dags SET is_stale = ${true}, updated_at = ${{ time: now }} WHERE dag_id IN ${list(ids)}`)
  return ids
}

export function dagFileDelete(db: Database, p: { file: string; now: number }): Promise<{ stale: string[] }> {
  return db.write(
    async (s) => {
      await s.run(sql`DELETE FROM dag_files WHERE file = ${p.file}`)
      return { stale: await makeStale(s, p.file, [], p.now) }
    },
    { lock: 'dag_files' },
  )
}

export async function blobsPut(db: Database, p: { blobs: { sha256: string; content: Uint8Array }[] }): Promise<void> {
  await db.write(async (s) => {
    for (const blob of p.blobs) {
      await s.run(sql`INSERT INTO blobs (sha256, content) VALUES (${blob.sha256}, ${blob.content}) ON CONFLICT (sha256) DO NOTHING`)
    }
  })
}

export async function blobsHave(db: Database, p: { hashes: string[] }): Promise<string[]> {
  const rows = await db.read((s) =>
    s.rows<{ sha256: string }>(sql`SELECT sha256 FROM blobs WHERE sha256 IN ${list([...new Set(p.hashes)])}`),
  )
  return rows.map((row) => row.sha256)
}

async function missingBlobs(s: Session, bundle: BundleRecord): Promise<string[]> {
  const hashes = [...new Set(bundle.files.map(({ sha256 }) => sha256))]
  const stored = await s.rows<{ sha256: string }>(sql`SELECT sha256 FROM blobs WHERE sha256 IN ${list(hashes)}`)
  const known = new Set(stored.map(({ sha256 }) => sha256))
  return hashes.filter((hash) => !known.has(hash))
}

export async function blobGet(db: Database, p: { sha256: string }): Promise<Uint8Array | null> {
  const rows = await db.read((s) => s.rows<{ content: Uint8Array }>(sql`SELECT content FROM blobs WHERE sha256 = ${p.sha256}`))
  return rows[0]?.content ?? null
}

export async function bundleGet(db: Database, p: { hash: string }): Promise<BundleRecord | null> {
  const rows = await db.read((s) => s.records('bundles', sql`SELECT ${columns('bundles')} FROM bundles WHERE hash = ${p.hash}`))
  return rows[0] ?? null
}
