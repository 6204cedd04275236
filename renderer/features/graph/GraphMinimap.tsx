/** The minimap of a graph that is React Flow's alone, while part of it is out of sight: where all is seen it would only cover nodes. */
import { MiniMap, useReactFlow, useStore, type MiniMapNodeProps } from '@xyflow/react'
import { useMemo } from 'react'
import { stateFill } from '../../ui/stateColors.ts'
import classes from './DagGraph.module.css'
import type { FlowNode } from './flowNodes.ts'
import { boxOf, isInView } from './inView.ts'
import { useNodeStates } from './taskStates.ts'

/** It earns its place only where the graph does not fit. */
const MINIMAP_ABOVE = 12

export function GraphMinimap({ nodes }: { nodes: readonly FlowNode[] }) {
  const box = useMemo(() => boxOf(nodes), [nodes])
  const isWhole = useStore(({ transform: [x, y, zoom], width, height }) => isInView(box, { x, y, zoom, width, height }))
  if (isWhole || nodes.length <= MINIMAP_ABOVE) return null
  return (
    <MiniMap
      pannable
      zoomable
      nodeComponent={MiniNode}
      className={classes['minimap'] ?? ''}
      maskColor="color-mix(in srgb, var(--surface) 70%, transparent)"
      bgColor="var(--surface-raised)"
    />
  )
}

/** A node of the minimap wears its state too, and subscribes by id as the large one does. */
function MiniNode({ id, x, y, width, height }: MiniMapNodeProps) {
  const { getNode } = useReactFlow()
  const node = getNode(id) as FlowNode | undefined
  const states = useNodeStates(id, node?.data.taskIds ?? [])
  if (node?.type === 'frame')
    return <rect x={x} y={y} width={width} height={height} rx={10} fill="none" stroke="var(--line-strong)" strokeWidth={4} />
  return <rect x={x} y={y} width={width} height={height} rx={6} fill={states === null ? 'var(--line-strong)' : stateFill(states.state)} />
}
