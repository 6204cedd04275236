/**
 * One item of what tasks are mapped over. Ten thousand instances that each pull the whole list of ten thousand items would move gigabytes;
 * asked for by its place, an item costs what it weighs.
 *
 * A list that one task returned is kept for a while as its text and the places of its items, never parsed: a number keeps its digits.
 * What is kept counts as long as its row has the same size and time of writing.
 */
import type { Store } from '#db/store.ts'
import { itemPlaces } from './jsonItems.ts'

/** Lists of several DAGs that are mapped at the same time, most of which have less than a megabyte. The newest is kept whatever it has. */
const KEPT_CHARS = 16 * 1024 * 1024
const KEY = 'return_value'

type ItemStore = Pick<Store, 'xcomGet' | 'xcomAt'>

export interface XComItem {
  /** How many items there are. */
  length: number
  value_json: string
}

interface KeptList {
  size: number
  timestamp: number
  /** Resolves with the text and the start and end of each item; null = it is gone, or no list. */
  found: Promise<{ text: string; places: Int32Array } | null>
}

/** By store: the newest use last. */
const keptOf = new WeakMap<ItemStore, Map<string, KeptList>>()

/**
 * The item at `index`, counted around if there are fewer: of the list that an unmapped task returned, or of the values of a mapped task's
 * instances by their map index. null = there is no item, or the value is no list in JSON's sense; the asker then pulls the whole.
 */
export async function xcomItem(store: ItemStore, p: { dag_run_id: number; task_id: string; index: number }): Promise<XComItem | null> {
  const row = await store.xcomAt({ ...p, key: KEY })
  if (row === null) return null
  const { dag_run_id, task_id } = p
  if (row.map_index >= 0 || row.rows > 1) {
    const found = await store.xcomGet({ dag_run_id, task_id, map_index: row.map_index, key: KEY })
    return found === null ? null : { length: row.rows, value_json: found.value }
  }
  const list = await keptList(store, { dag_run_id, task_id, size: row.size, timestamp: row.timestamp })
  if (list === null || list.places.length === 0) return null
  const length = list.places.length / 2
  const at = 2 * (p.index % length)
  return { length, value_json: list.text.slice(list.places[at], list.places[at + 1]) }
}

function keptList(store: ItemStore, p: { dag_run_id: number; task_id: string; size: number; timestamp: number }): KeptList['found'] {
  let kept = keptOf.get(store)
  if (kept === undefined) keptOf.set(store, (kept = new Map<string, KeptList>()))
  const key = `${p.dag_run_id} ${p.task_id}`
  let list = kept.get(key)
  if (list?.size !== p.size || list.timestamp !== p.timestamp)
    list = { size: p.size, timestamp: p.timestamp, found: readList(store, p.dag_run_id, p.task_id) }
  kept.delete(key)
  kept.set(key, list)
  forgetOldest(kept)
  list.found.catch(() => kept.delete(key))
  return list.found
}

async function readList(store: ItemStore, dag_run_id: number, task_id: string): KeptList['found'] {
  const text = (await store.xcomGet({ dag_run_id, task_id, map_index: -1, key: KEY }))?.value
  const places = text === undefined ? null : itemPlaces(text)
  return text === undefined || places === null ? null : { text, places }
}

function forgetOldest(kept: Map<string, KeptList>): void {
  let chars = 0
  for (const { size } of kept.values()) chars += size
  for (const [key, { size }] of kept) {
    if (chars <= KEPT_CHARS || kept.size === 1) return
    kept.delete(key)
    chars -= size
  }
}
