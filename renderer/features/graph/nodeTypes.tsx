/** What the nodes and edges of a graph look like. Module constants, as React Flow asks; each node subscribes to its own states. */
import { BaseEdge, EdgeLabelRenderer, Handle, Position, type Edge, type EdgeProps, type Node, type NodeProps } from '@xyflow/react'
import { IconFold, IconFolder } from '@tabler/icons-react'
import { createContext, memo, useContext } from 'react'
import { strings } from '../../strings.ts'
import { Elapsed } from '../../ui/Elapsed.tsx'
import { StateIcon, stateWord } from '../../ui/StateBadge.tsx'
import { stateFill } from '../../ui/stateColors.ts'
import type { Direction } from './direction.ts'
import { isDim, type Marked } from './look.ts'
import classes from './nodes.module.css'
import { edgeSide } from './related.ts'
import { useNodeStates, type StateSummary } from './taskStates.ts'

/** What a node needs of the graph around it; kept out of node data so that a click or a search renders nodes, not the graph. */
export interface GraphUi {
  direction: Direction
  marked: Marked
  /** How far away the nodes are: 0 = all can be read. */
  far: number
  toggle: (groupId: string) => void
}
export const GraphUiContext = createContext<GraphUi>({
  direction: 'LR',
  far: 0,
  marked: { selected: null, related: null, found: null, current: null },
  toggle: () => undefined,
})

export type TaskNodeData = { label: string; detail: string; tooltip: string; taskIds: readonly string[] }
export type TaskFlowNode = Node<TaskNodeData, 'task' | 'taskGroup'>
export type FrameFlowNode = Node<TaskNodeData, 'frame'>

const PORTS: Record<Direction, { in: Position; out: Position }> = {
  LR: { in: Position.Left, out: Position.Right },
  RL: { in: Position.Right, out: Position.Left },
  TB: { in: Position.Top, out: Position.Bottom },
  BT: { in: Position.Bottom, out: Position.Top },
}

function Handles({ direction }: { direction: Direction }) {
  const ports = PORTS[direction]
  return (
    <>
      <Handle type="target" position={ports.in} isConnectable={false} className={classes['handle'] ?? ''} />
      <Handle type="source" position={ports.out} isConnectable={false} className={classes['handle'] ?? ''} />
    </>
  )
}

function marks({ marked }: GraphUi, id: string) {
  return {
    'data-selected': marked.selected === id || undefined,
    'data-dim': isDim(id, marked) || undefined,
    'data-current': marked.current === id || undefined,
  }
}

const TaskNode = memo(function TaskNode({ id, data }: NodeProps<TaskFlowNode>) {
  const ui = useContext(GraphUiContext)
  const states = useNodeStates(id, data.taskIds)
  const isMapped = states !== null && states.total > 1
  return (
    <div
      className={classes['node']}
      title={data.tooltip}
      data-state={states?.state ?? 'none'}
      style={{ '--fill': stateFill(states?.state ?? 'none') } as React.CSSProperties}
      data-far={ui.far || undefined}
      {...marks(ui, id)}
    >
      <Handles direction={ui.direction} />
      <span className={classes['title']}>
        {states === null ? null : <StateIcon state={states.state} size={15} />}
        <span className="ellipsis">{data.label}</span>
        {isMapped ? <span className={classes['count']}>{strings.graph.mapped(states.total)}</span> : null}
      </span>
      <span className={classes['detail']}>
        <span className="ellipsis">{states === null ? data.detail : stateWord(states.state)}</span>
        {isMapped ? <Shares states={states} /> : states?.start_time ? <Elapsed start={states.start_time} end={states.end_time} /> : null}
      </span>
    </div>
  )
})

const GroupNode = memo(function GroupNode({ id, data }: NodeProps<TaskFlowNode>) {
  const ui = useContext(GraphUiContext)
  const states = useNodeStates(id, data.taskIds)
  return (
    <div
      className={`${classes['node']} ${classes['group']}`}
      title={data.tooltip}
      data-state={states?.state ?? 'none'}
      style={{ '--fill': stateFill(states?.state ?? 'none') } as React.CSSProperties}
      data-far={ui.far || undefined}
      {...marks(ui, id)}
    >
      <Handles direction={ui.direction} />
      <span className={classes['title']}>
        {states === null ? <IconFolder size={15} style={{ flexShrink: 0 }} /> : <StateIcon state={states.state} size={15} />}
        <span className="ellipsis">{data.label}</span>
      </span>
      <span className={classes['detail']}>
        <span className="ellipsis">{strings.graph.groupOf(data.taskIds.length, states?.total ?? 0)}</span>
        {states === null ? null : <Shares states={states} />}
      </span>
    </div>
  )
})

/** How many tasks of a group are in which state, as a small bar; its title says it in words. */
function Shares({ states }: { states: StateSummary }) {
  const words = [...states.counts].map(([state, count]) => `${count} ${stateWord(state)}`).join(', ')
  return (
    <span className={classes['shares']} title={words} role="img" aria-label={words}>
      {[...states.counts].map(([state, count]) => (
        <span key={state} style={{ flexGrow: count, background: stateFill(state) }} />
      ))}
    </span>
  )
}

/** Its title stands above the edges that run into the frame: they would strike it through. */
const FrameNode = memo(function FrameNode({ id, data, positionAbsoluteX: x, positionAbsoluteY: y, width }: NodeProps<FrameFlowNode>) {
  const ui = useContext(GraphUiContext)
  return (
    <div className={classes['frame']} title={data.tooltip}>
      <EdgeLabelRenderer>
        <button
          type="button"
          className={`nodrag nopan ${classes['frameTitle']}`}
          style={{ transform: `translate(${x + 6}px, ${y + 4}px)`, maxWidth: (width ?? 0) - 12 }}
          aria-label={strings.graph.fold(data.label)}
          onClick={(event) => {
            event.stopPropagation()
            ui.toggle(id)
          }}
        >
          <IconFold size={14} style={{ flexShrink: 0 }} />
          <span className="ellipsis">{data.label}</span>
        </button>
      </EdgeLabelRenderer>
    </div>
  )
})

export type BendEdgeData = { bends: { x: number; y: number }[]; label: string | null; labelAt: { x: number; y: number } | null }
export type BendFlowEdge = Edge<BendEdgeData, 'bend'>

/** A curve through the bends of the layout, leaving and meeting nodes along the direction of the graph. */
const BendEdge = memo(function BendEdge(props: EdgeProps<BendFlowEdge>) {
  const { id, source, target, sourceX, sourceY, targetX, targetY, sourcePosition, data } = props
  const { related, selected } = useContext(GraphUiContext).marked
  const side = related === null || selected === null ? undefined : (edgeSide(related, selected, { source, target }) ?? 'other')
  const isAcross = sourcePosition === Position.Right || sourcePosition === Position.Left
  const points = [{ x: sourceX, y: sourceY }, ...(data?.bends ?? []), { x: targetX, y: targetY }]
  let path = `M${sourceX},${sourceY}`
  for (let at = 1; at < points.length; at += 1) {
    const from = points[at - 1]
    const to = points[at]
    if (!from || !to) break
    const middle = isAcross ? (from.x + to.x) / 2 : (from.y + to.y) / 2
    path += isAcross ? ` C${middle},${from.y} ${middle},${to.y} ${to.x},${to.y}` : ` C${from.x},${middle} ${to.x},${middle} ${to.x},${to.y}`
  }
  const labelAt = data?.labelAt ?? { x: (sourceX + targetX) / 2, y: (sourceY + targetY) / 2 }
  return (
    <>
      <BaseEdge id={id} path={path} className={classes['edge']} data-side={side} />
      {data?.label ? (
        <EdgeLabelRenderer>
          <span className={classes['edgeLabel']} style={{ transform: `translate(-50%, -50%) translate(${labelAt.x}px, ${labelAt.y}px)` }}>
            {data.label}
          </span>
        </EdgeLabelRenderer>
      ) : null}
    </>
  )
})

/** Not `group`: the library styles nodes of that name. */
export const nodeTypes = { task: TaskNode, taskGroup: GroupNode, frame: FrameNode }
export const edgeTypes = { bend: BendEdge }
