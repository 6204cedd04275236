/** Assets: which event is of which asset, and whether the condition of a schedule is met (Airflow authoring-and-scheduling/asset-scheduling). */
import type { AssetUse } from '#contract/asset.ts'
import type { AssetRef, AssetStep, DagSpec } from '#contract/dagSpec.ts'

/** What of an event decides. */
export interface AssetUpdate {
  name: string
  uri: string
  /** The alias through which a task named the asset, or null. */
  alias: string | null
}

/** An asset is known by its URI; by its name where somebody refers to it by name alone. */
export function isOf(update: AssetUpdate, ref: AssetRef): boolean {
  if (ref.type === 'alias') return update.alias === ref.name
  return ref.uri === null ? update.name === ref.name : update.uri === ref.uri
}

export function assetsIn(condition: readonly AssetStep[]): AssetRef[] {
  return condition.flatMap((step) => (step.step === 'asset' ? [step.asset] : []))
}

/** Whether the condition holds, given what was updated. */
export function isMet(condition: readonly AssetStep[], updates: readonly AssetUpdate[]): boolean {
  const stack: boolean[] = []
  for (const step of condition) {
    if (step.step === 'asset') {
      stack.push(updates.some((update) => isOf(update, step.asset)))
      continue
    }
    const taken = stack.splice(Math.max(0, stack.length - step.of))
    stack.push(step.step === 'all' ? taken.every(Boolean) : taken.some(Boolean))
  }
  return stack.at(-1) === true
}

/** So many uses of one DAG are listed; one that names more makes them in a loop. */
const USES_MAX = 2_000
/** So much of the condition in words: a line of a list. The DAG's details show all of it. */
const WORDS_MAX = 300

/** What a DAG waits for, updates and reads, each use once, in the order of its schedule and its tasks. */
export function assetUses(spec: Pick<DagSpec, 'asset_condition' | 'tasks'>): AssetUse[] {
  const uses = new Map<string, AssetUse>()
  const add = (as: AssetUse['as'], task_id: string | null, refs: readonly AssetRef[]): void => {
    for (const ref of refs) {
      if (uses.size >= USES_MAX) return
      const [name, group, uri] = [readable(ref.name), readable(ref.group), ref.uri === null ? null : readable(ref.uri)]
      uses.set(`${as} ${task_id ?? ''} ${ref.type} ${uri ?? name}`, { as, task_id, type: ref.type, name, uri, group })
    }
  }
  add('schedule', null, assetsIn(spec.asset_condition ?? []))
  for (const { task_id, outlets, inlets } of spec.tasks) {
    add('outlet', task_id, outlets ?? [])
    add('inlet', task_id, inlets ?? [])
  }
  return [...uses.values()]
}

/** As the columns of events have it: PostgreSQL's texts hold no NUL character (db/sql.ts). */
function readable(text: string): string {
  return text.replaceAll('\0', '\uFFFD')
}

/** The condition in words, `orders and (rates or report)`; null = there is none. */
export function conditionWords(condition: readonly AssetStep[] | undefined): string | null {
  const stack: { text: string; isJoined: boolean }[] = []
  for (const step of condition ?? []) {
    if (step.step === 'asset') {
      stack.push({ text: readable(step.asset.name), isJoined: false })
      continue
    }
    const taken = stack.splice(Math.max(0, stack.length - step.of))
    const parts = taken.map(({ text, isJoined }) => (isJoined ? `(${text})` : text))
    stack.push({ text: shortened(parts.join(step.step === 'all' ? ' and ' : ' or ')), isJoined: parts.length > 1 })
  }
  return stack.at(-1)?.text ?? null
}

function shortened(text: string): string {
  return text.length > WORDS_MAX ? `${text.slice(0, WORDS_MAX - 1)}\u2026` : text
}

/** How many of the assets that a schedule names are among the updates. */
export function arrivedOf(uses: readonly AssetUse[], updates: readonly AssetUpdate[]): { wanted: number; arrived: number } {
  const wanted = uses.filter(({ as }) => as === 'schedule')
  const [uris, names, aliases] = [new Set<string>(), new Set<string>(), new Set<string>()]
  for (const { uri, name, alias } of updates) {
    uris.add(uri)
    names.add(name)
    if (alias !== null) aliases.add(alias)
  }
  const hasArrived = ({ type, name, uri }: AssetUse): boolean =>
    type === 'alias' ? aliases.has(name) : uri === null ? names.has(name) : uris.has(uri)
  return { wanted: wanted.length, arrived: wanted.filter(hasArrived).length }
}
