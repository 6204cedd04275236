/** What nodes and edges of a preview look like: the change is an icon and a word, the colour only repeats it. */
import { BaseEdge, EdgeLabelRenderer, Handle, Position, type EdgeProps, type NodeProps } from '@xyflow/react'
import { IconFold, IconFolder, IconMinus, IconPencil, IconPlus } from '@tabler/icons-react'
import { createContext, memo, useContext } from 'react'
import { strings } from '../../strings.ts'
import classes from './PreviewGraph.module.css'
import type { PreviewEdge, PreviewNode } from './previewModel.ts'

export const PreviewUi = createContext<{ toggle: (groupId: string) => void }>({ toggle: () => undefined })

const ICONS = { same: null, added: IconPlus, changed: IconPencil, removed: IconMinus }

const TaskNode = memo(function TaskNode({ data, type }: NodeProps<PreviewNode>) {
  const Shape = ICONS[data.change]
  const isGroup = type === 'taskGroup'
  return (
    <div className={classes['node']} data-change={data.change} data-group={isGroup || undefined} title={data.label}>
      <Handle type="target" position={Position.Top} isConnectable={false} className={classes['handle'] ?? ''} />
      <Handle type="source" position={Position.Bottom} isConnectable={false} className={classes['handle'] ?? ''} />
      <span className={classes['title']}>
        {isGroup ? <IconFolder size={14} aria-hidden /> : null}
        {Shape === null ? null : <Shape size={14} aria-hidden />}
        <span className="ellipsis">{data.label}</span>
      </span>
      <span className={classes['detail']}>
        <span className="ellipsis">{isGroup ? strings.graph.tasks(Number(data.counts)) : data.detail}</span>
        {data.change === 'same' ? null : <span className={classes['change']}>{strings.change[data.change]}</span>}
      </span>
    </div>
  )
})

/** Its title stands above the edges that run into the frame. */
const FrameNode = memo(function FrameNode({ id, data, positionAbsoluteX: x, positionAbsoluteY: y, width }: NodeProps<PreviewNode>) {
  const { toggle } = useContext(PreviewUi)
  return (
    <div className={classes['group']}>
      <EdgeLabelRenderer>
        <button
          type="button"
          className={`nodrag nopan ${classes['groupTitle']}`}
          style={{ transform: `translate(${x + 6}px, ${y + 4}px)`, maxWidth: (width ?? 0) - 12 }}
          aria-label={strings.graph.fold(data.label)}
          onClick={(event) => {
            event.stopPropagation()
            toggle(id)
          }}
        >
          <IconFold size={14} aria-hidden /> <span className="ellipsis">{data.label}</span>
        </button>
      </EdgeLabelRenderer>
    </div>
  )
})

const BendEdge = memo(function BendEdge({ id, sourceX, sourceY, targetX, targetY, data }: EdgeProps<PreviewEdge>) {
  const points = [...(data?.bends ?? []), { x: targetX, y: targetY }]
  let path = `M${sourceX},${sourceY}`
  let at = { x: sourceX, y: sourceY }
  for (const to of points) {
    const middle = (at.y + to.y) / 2
    path += ` C${at.x},${middle} ${to.x},${middle} ${to.x},${to.y}`
    at = to
  }
  return <BaseEdge id={id} path={path} className={`${classes['edge']} ${classes[`edge-${data?.change ?? 'same'}`] ?? ''}`} />
})

export const previewNodeTypes = { task: TaskNode, taskGroup: TaskNode, frame: FrameNode }
export const previewEdgeTypes = { bend: BendEdge }
