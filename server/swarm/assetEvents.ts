/** Events of assets on their way: what a task said of its outlets, and what a run or a task is told of events. */
import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { Json, Nullable, Strict } from '#contract/schema.ts'
import type { AssetEventRecord } from '#db/records.ts'

/** What an author may add to an event; larger data belongs where the asset is. */
const EXTRA_CHARS_MAX = 64 * 1024
/** Names and URIs (Airflow: 1,500 characters). */
const NAME_MAX = 1500
const EVENTS_MAX = 10_000

const Text = Type.String({ minLength: 1, maxLength: NAME_MAX })
const SaidEvents = Type.Array(
  Strict({
    name: Text,
    uri: Text,
    group: Type.String({ maxLength: NAME_MAX }),
    extra: Type.Record(Type.String(), Json),
    alias: Nullable(Text),
  }),
  { maxItems: EVENTS_MAX },
)
const saidEvents = Compile(SaidEvents)

/** `problem`: why the attempt cannot count as a success. */
export function assetEventsFromWire(text: string): { events: Static<typeof SaidEvents>; problem: string | null } {
  if (text === '') return { events: [], problem: null }
  const events = parse(text)
  if (!saidEvents.Check(events))
    return {
      events: [],
      problem: `its asset events are not as they must be: names and URIs of 1 to ${NAME_MAX} characters, at most ${EVENTS_MAX} events`,
    }
  const large = events.find(({ extra }) => JSON.stringify(extra).length > EXTRA_CHARS_MAX)
  if (large === undefined) return { events, problem: null }
  return {
    events: [],
    problem: `the extra of asset "${large.name}" has more than ${EXTRA_CHARS_MAX} characters as JSON; keep large data where the asset is`,
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** As the Python package reads them (python/vortex/host/job.py). */
export function assetEventForTask(event: AssetEventRecord): Record<string, unknown> {
  const { name, uri, asset_group, extra, alias, at, source_dag_id, source_run_id, source_task_id, source_map_index } = event
  const timestamp = new Date(at).toISOString()
  return { name, uri, group: asset_group, extra, alias, timestamp, source_dag_id, source_run_id, source_task_id, source_map_index }
}
