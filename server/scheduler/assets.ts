/**
 * Assets: a task instance that succeeds is an event of each of its outlets, and a DAG that is scheduled on assets runs when its
 * condition holds of the events since its last such run (Airflow authoring-and-scheduling/asset-scheduling).
 *
 * The events that a DAG waits with are in its row (`dags.queued_asset_events`), written in the commit of the success; the run that they
 * trigger takes all of them into its own row in the commit that creates it. So an event is never lost and never counts twice for one DAG.
 * Events that come while the DAG is paused are not kept for it (Airflow 2.10, 3.2).
 */
import type { AssetRef } from '#contract/dagSpec.ts'
import type { LiveEvent } from '#contract/events.ts'
import type { AssetEventRecord } from '#db/records.ts'
import { arrivedOf, assetsIn, assetUses, conditionWords, isMet, isOf } from '#domain/assets.ts'
import { formatRunId } from '#domain/schedule/timetable.ts'
import { createRun } from './activeRuns.ts'
import type { Engine } from './engine.ts'
import { instant } from './liveEventsOf.ts'
import type { DagEntry, Instance } from './model.ts'
import type { EndReport } from './ports.ts'

/** So much of a DAG's events is kept for its next run: an asset that is updated all the time, beside one that never is. */
const QUEUED_MAX = 1_000
const QUEUED_CHARS_MAX = 1024 * 1024
/** Of one attempt; more means that a loop adds them. */
const EVENTS_MAX = 10_000
/** Assets of one attempt that pages are told of. */
const EVENTS_TOLD_MAX = 100

/** What a task said of its outlets. Of one that it said nothing of there is an event all the same. */
export function recordOutlets(e: Engine, instance: Instance, report: Pick<EndReport, 'asset_events'>): void {
  const { spec, run, record } = instance
  const said = (report.asset_events ?? []).slice(0, EVENTS_MAX)
  const outlets = spec.outlets ?? []
  if (outlets.length === 0 && said.length === 0) return
  const silent = outlets.filter((ref) => ref.type === 'asset' && !said.some((event) => event.alias === null && isOf(event, ref)))
  const events = [...said, ...silent.map(({ name, uri, group }) => ({ name, uri: uri ?? name, group, extra: {}, alias: null }))].map(
    ({ name, uri, group, extra, alias }): AssetEventRecord => ({
      id: e.nextId.asset_event++,
      name,
      uri,
      asset_group: group,
      extra,
      alias,
      at: e.now,
      source_dag_id: run.record.dag_id,
      source_run_id: run.record.run_id,
      source_task_id: record.task_id,
      source_map_index: record.map_index,
      source_interval_start: run.record.data_interval_start,
      source_interval_end: run.record.data_interval_end,
      created_by: null,
    }),
  )
  recordEvents(e, events)
}

/** A person says that an asset was updated, as by something that runs elsewhere. */
export function recordByHand(
  e: Engine,
  p: { name: string; uri: string; group: string; extra: Record<string, unknown>; actor: string },
): AssetEventRecord {
  const event: AssetEventRecord = {
    id: e.nextId.asset_event++,
    name: p.name,
    uri: p.uri,
    asset_group: p.group,
    extra: p.extra,
    alias: null,
    at: e.now,
    source_dag_id: null,
    source_run_id: null,
    source_task_id: null,
    source_map_index: null,
    source_interval_start: null,
    source_interval_end: null,
    created_by: p.actor,
  }
  e.ledger({
    kind: 'asset.updated',
    cause: 'user',
    actor: p.actor,
    message: p.uri,
  })
  recordEvents(e, [event])
  return event
}

export function recordEvents(e: Engine, events: readonly AssetEventRecord[]): void {
  for (const event of events) e.pending.assetEvent(event)
  publishEvents(e, events)
  for (const { since } of e.missedAssetEvents.values()) if (since.length < EVENTS_MAX) since.push(...events)
  for (const dag of e.assetDags) queueEvents(e, dag, events)
}

/** A DAG leaves memory because the database refused what was decided about it. Its events were decided about others, and stay true. */
export function keepEvents(e: Engine, dag: DagEntry): void {
  const { dag_id } = dag.record
  // What was decided in the same commit about a DAG that leaves memory, too, did not happen; its task says it again.
  for (const other of e.missedAssetEvents.values()) {
    other.queued = other.queued.filter(({ source_dag_id }) => source_dag_id !== dag_id)
    for (const run of other.ofRuns) run.events = run.events.filter(({ source_dag_id }) => source_dag_id !== dag_id)
  }
  if (!e.assetDags.delete(dag)) return
  const happened = (event: AssetEventRecord): boolean => event.source_dag_id === null || !e.reloading.has(event.source_dag_id)
  e.missedAssetEvents.set(dag_id, {
    queued: dag.record.queued_asset_events.filter(happened),
    ofRuns: [...dag.runs.values()].flatMap(({ record: { run_id, asset_events } }) =>
      asset_events === null ? [] : [{ run_id, events: asset_events.filter(happened) }],
    ),
    since: [],
  })
}

/** A DAG is in memory again. */
export function queueMissed(e: Engine, dag_id: string): void {
  const missed = e.missedAssetEvents.get(dag_id)
  const dag = e.dags.get(dag_id)
  e.missedAssetEvents.delete(dag_id)
  if (missed === undefined || dag === undefined || !e.assetDags.has(dag)) return
  const unused = missed.ofRuns.flatMap(({ run_id, events }) => (dag.runs.has(run_id) ? [] : events))
  const known = new Set(dag.record.queued_asset_events.map(({ id }) => id))
  queueEvents(
    e,
    dag,
    [...unused, ...missed.queued, ...missed.since].filter(({ id }) => !known.has(id)),
  )
}

function queueEvents(e: Engine, dag: DagEntry, events: readonly AssetEventRecord[]): void {
  const { record, version } = dag
  if (record.is_paused || record.is_stale) return
  const refs = assetsIn(version.spec.asset_condition ?? [])
  const mine = events.filter((event) => refs.some((ref) => isOf(event, ref)))
  if (mine.length === 0) return
  const before = arrivedOf(record.asset_uses, record.queued_asset_events).arrived
  e.pending.changeDag(record, { queued_asset_events: newest([...record.queued_asset_events, ...mine], refs) })
  if (arrivedOf(record.asset_uses, record.queued_asset_events).arrived !== before) e.publish({ type: 'dag', dag_id: record.dag_id })
  e.dagsWithEvents.add(dag)
}

/** The newest of each asset: pages read the others with it. */
function publishEvents(e: Engine, events: readonly AssetEventRecord[]): void {
  const source = events[0]?.source_dag_id ?? null
  const last = [...new Map(events.map((event) => [event.uri, event])).values()].slice(-EVENTS_TOLD_MAX)
  const told = last.map(({ id, uri, at }): LiveEvent => ({ type: 'asset_event', id, uri, at: instant(at) }))
  e.pending.effects.push((dropped) => {
    if (source === null || !dropped.has(source)) e.dependencies.publish(told)
  })
}

/** Of each asset or alias of the condition one event stays, however many came of others since: the condition must not forget it. */
function newest(events: AssetEventRecord[], refs: readonly AssetRef[]): AssetEventRecord[] {
  const kept: AssetEventRecord[] = []
  const unseen = new Set(refs)
  let chars = 0
  for (const event of events.toReversed()) {
    chars += extraChars(event)
    const isFull = kept.length >= QUEUED_MAX || chars > QUEUED_CHARS_MAX
    const isFirst = unseen.size > 0 && refs.filter((ref) => isOf(event, ref) && unseen.delete(ref)).length > 0
    if (isFirst || !isFull) kept.push(event)
  }
  return kept.reverse()
}

/** A waiting event is looked at with each that comes after it. */
const measured = new WeakMap<AssetEventRecord, number>()

function extraChars(event: AssetEventRecord): number {
  let chars = measured.get(event)
  if (chars === undefined) measured.set(event, (chars = JSON.stringify(event.extra).length))
  return chars
}

/** Creates the runs whose conditions hold. */
export function createAssetRuns(e: Engine): void {
  for (const dag of e.dagsWithEvents) {
    e.dagsWithEvents.delete(dag)
    const { record, version } = dag
    const events = record.queued_asset_events
    if (record.is_paused || record.is_stale || !isMet(version.spec.asset_condition ?? [], events)) continue
    e.pending.changeDag(record, { queued_asset_events: [] })
    e.publish({ type: 'dag', dag_id: record.dag_id })
    createAssetRun(e, dag, events)
  }
}

/** 3.x: for no date. 2.x: for the moment, and from the earliest start to the latest end of the runs that the events came from. */
function createAssetRun(e: Engine, dag: DagEntry, events: AssetEventRecord[]): void {
  const { dialect } = dag.version.spec
  // Names and dates are of milliseconds, and two runs may be created within one.
  const run_after = Math.max(e.now, (dag.last_asset_run_at ?? 0) + 1)
  dag.last_asset_run_at = run_after
  const logical_date = dialect === '2' ? run_after : null
  const starts = events.flatMap(({ source_interval_start: at }) => at ?? [])
  const ends = events.flatMap(({ source_interval_end: at }) => at ?? [])
  createRun(e, dag, {
    run_type: 'asset_triggered',
    logical_date,
    interval: dialect === '2' ? { start: Math.min(run_after, ...starts), end: ends.length === 0 ? run_after : Math.max(...ends) } : null,
    run_after,
    run_id: formatRunId({ run_type: 'asset_triggered', logical_date, run_after, dialect }),
    conf: {},
    note: null,
    backfill_id: null,
    asset_events: events,
    cause: { cause: 'assets', actor: 'scheduler', message: namesOf(events) },
  })
}

function namesOf(events: readonly AssetEventRecord[]): string {
  const names = [...new Set(events.map(({ name }) => name))]
  return names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ')
}

/** A DAG is new, changed, or back in memory. */
export function watchAssets(e: Engine, dag: DagEntry): void {
  if (dag.version.spec.asset_condition === undefined) e.assetDags.delete(dag)
  else e.assetDags.add(dag)
  const { record } = dag
  noteUses(e, dag)
  if (record.queued_asset_events.length === 0) return
  // What its newest version does not wait for any more would be part of a run that has nothing to do with it.
  const refs = assetsIn(dag.version.spec.asset_condition ?? [])
  const kept = record.queued_asset_events.filter((event) => refs.some((ref) => isOf(event, ref)))
  if (kept.length < record.queued_asset_events.length) e.pending.changeDag(record, { queued_asset_events: kept })
  if (kept.length > 0) e.dagsWithEvents.add(dag)
}

/** What lists of assets and of DAGs show of its newest version. Written where it differs, so that rows of before have it too. */
function noteUses(e: Engine, { record, version }: DagEntry): void {
  const asset_uses = assetUses(version.spec)
  const asset_schedule = conditionWords(version.spec.asset_condition)
  if (record.asset_schedule === asset_schedule && JSON.stringify(record.asset_uses) === JSON.stringify(asset_uses)) return
  e.pending.changeDag(record, { asset_uses, asset_schedule })
}
