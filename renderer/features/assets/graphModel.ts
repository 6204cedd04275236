/** Nodes and edges of an asset's graph: three columns, each centred. Pure. */
import type { Edge, Node } from '@xyflow/react'
import type { AssetDetail } from '#contract/asset.ts'
import { strings } from '../../strings.ts'

const text = strings.assets
const SIDE_MAX = 12
const COLUMN = 320
const ROW = 64
const NODE_HEIGHT = 50

export interface UseData extends Record<string, unknown> {
  kind: 'task' | 'asset' | 'dag' | 'paused' | 'more'
  label: string
  detail: string
  title: string
  /** Whose page it opens; null = none. */
  dagId: string | null
}
export type UseNode = Node<UseData, 'use'>

export interface AssetGraphModel {
  nodes: UseNode[]
  edges: Edge[]
  height: number
  /** The same text for the same nodes. */
  shape: string
}

export function assetGraph(asset: AssetDetail): AssetGraphModel {
  const makers = side(
    asset.producers.map(({ dag_id, task_id, alias }) => ({
      kind: 'task' as const,
      label: task_id,
      detail: alias === null ? dag_id : `${dag_id}, ${text.through(alias)}`,
      title: text.task(task_id, dag_id),
      dagId: dag_id,
    })),
  )
  const waiters = side(
    asset.consumers.map(({ dag_id, dag_display_name, is_paused, alias, condition }) => ({
      kind: is_paused ? ('paused' as const) : ('dag' as const),
      label: dag_display_name ?? dag_id,
      detail: alias === null ? (condition ?? '') : text.through(alias),
      title: is_paused ? `${dag_id}. ${text.paused}` : dag_id,
      dagId: dag_id,
    })),
  )
  const centre: UseData = {
    kind: 'asset',
    label: asset.name,
    detail: asset.name === asset.uri ? asset.group : asset.uri,
    title: asset.uri,
    dagId: null,
  }
  const rows = Math.max(makers.length, waiters.length, 1)
  const nodes = [...column('in', 0, makers, rows), ...column('asset', COLUMN, [centre], rows), ...column('out', 2 * COLUMN, waiters, rows)]
  const edges = [
    ...makers.map((_, i) => ({ id: `in ${i}`, source: `in ${i}`, target: 'asset 0' })),
    ...waiters.map((_, i) => ({ id: `out ${i}`, source: 'asset 0', target: `out ${i}` })),
  ]
  return { nodes, edges, height: Math.min(340, Math.max(130, rows * ROW + 40)), shape: `${makers.length} ${waiters.length}` }
}

function side(uses: UseData[]): UseData[] {
  if (uses.length <= SIDE_MAX) return uses
  const rest = text.more(uses.length - SIDE_MAX + 1)
  return [...uses.slice(0, SIDE_MAX - 1), { kind: 'more', label: rest, detail: '', title: rest, dagId: null }]
}

function column(id: string, x: number, uses: UseData[], rows: number): UseNode[] {
  const top = ((rows - uses.length) * ROW) / 2
  return uses.map((data, i) => ({
    id: `${id} ${i}`,
    type: 'use',
    position: { x, y: top + i * ROW },
    width: 210,
    height: NODE_HEIGHT,
    data,
  }))
}
