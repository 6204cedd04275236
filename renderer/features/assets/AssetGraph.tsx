/** Tasks that update an asset, the asset, and DAGs that wait for it, from left to right. Beyond a dozen on a side the lists have them. */
import '@xyflow/react/dist/style.css'
import { Background, Handle, Position, ReactFlow, ReactFlowProvider, useReactFlow, useStore, type NodeProps } from '@xyflow/react'
import { IconBox, IconDatabase, IconPlayerPause, IconSitemap } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { memo, useEffect, useMemo } from 'react'
import type { AssetDetail } from '#contract/asset.ts'
import { strings } from '../../strings.ts'
import { assetGraph, type UseNode } from './graphModel.ts'
import classes from './Assets.module.css'

const text = strings.assets
const FIT = { padding: 0.08, maxZoom: 1 }
const ICONS = { task: IconBox, asset: IconDatabase, dag: IconSitemap, paused: IconPlayerPause, more: null }

export function AssetGraph({ asset }: { asset: AssetDetail }) {
  const graph = useMemo(() => assetGraph(asset), [asset])
  return (
    <div className={classes['graph']} style={{ height: graph.height }}>
      <ReactFlowProvider>
        <ReactFlow
          nodes={graph.nodes}
          edges={graph.edges}
          nodeTypes={NODE_TYPES}
          fitView
          fitViewOptions={FIT}
          minZoom={0.3}
          maxZoom={1.5}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          // The page scrolls with the wheel.
          zoomOnScroll={false}
          preventScrolling={false}
          aria-label={text.graph}
        >
          <Background gap={22} size={1} color="var(--line)" />
        </ReactFlow>
        <Refit shape={graph.shape} />
      </ReactFlowProvider>
    </div>
  )
}

/** Fits anew when the window or the graph has another size. */
function Refit({ shape }: { shape: string }) {
  const flow = useReactFlow()
  const width = useStore((store) => store.width)
  useEffect(() => {
    if (width > 0) void flow.fitView(FIT)
  }, [flow, width, shape])
  return null
}

const Node = memo(function Node({ data }: NodeProps<UseNode>) {
  const Shape = ICONS[data.kind]
  return (
    <div className={classes['node']} data-kind={data.kind} title={data.title}>
      <Handle type="target" position={Position.Left} isConnectable={false} className={classes['handle'] ?? ''} />
      <Handle type="source" position={Position.Right} isConnectable={false} className={classes['handle'] ?? ''} />
      <span className={classes['title']}>
        {Shape === null ? null : <Shape size={14} aria-hidden />}
        {data.dagId === null ? (
          <span className="ellipsis">{data.label}</span>
        ) : (
          <Link
            className="ellipsis nodrag nopan"
            {...(data.kind === 'task'
              ? { to: '/dags/$dagId/graph' as const, params: { dagId: data.dagId }, search: { find: data.label } }
              : { to: '/dags/$dagId' as const, params: { dagId: data.dagId } })}
          >
            {data.label}
          </Link>
        )}
      </span>
      {data.detail === '' ? null : <span className={`ellipsis ${classes['detail']}`}>{data.detail}</span>}
    </div>
  )
})

const NODE_TYPES = { use: Node }
