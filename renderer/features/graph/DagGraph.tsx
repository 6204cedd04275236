/**
 * A DAG version as a graph, with the live states of one run. Layout is worked out beside the page; states reach nodes by id; what is
 * unfolded, searched and selected is in the URL of the page that shows it.
 */
import '@xyflow/react/dist/style.css'
import { Loader } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { IconSitemapOff } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Background, MiniMap, ReactFlow, ReactFlowProvider, useReactFlow, useStore, type MiniMapNodeProps } from '@xyflow/react'
import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import type { DagTasks } from '#contract/dag.ts'
import { dagTasksQuery, taskInstancesQuery } from '../../api/queries.ts'
import type { RunRef } from '../../api/queryKeys.ts'
import type { GraphChange, GraphSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { Empty, Failed } from '../../ui/PageState.tsx'
import { stateFill } from '../../ui/stateColors.ts'
import classes from './DagGraph.module.css'
import { GraphToolbar } from './GraphToolbar.tsx'
import type { LayoutOutput } from './layout.ts'
import { boxOf, isInView } from './inView.ts'
import { buildGraph, parseOpen, toggleGroup, type GraphModel } from './model.ts'
import { edgeTypes, GraphUiContext, nodeTypes, type BendFlowEdge, type FrameFlowNode, type TaskFlowNode } from './nodeTypes.tsx'
import { TaskStates, TaskStatesContext, useNodeStates } from './taskStates.ts'
import { FIT, useFitOnResize, useRefit } from './useFit.ts'
import { useGraphLayout } from './useGraphLayout.ts'

interface DagGraphProps {
  dagId: string
  /** null = the newest version. */
  version: number | null
  run: RunRef | null
  search: GraphSearch
  onChange: (change: GraphChange) => void
  /** Stands at the left of the toolbar. */
  toolbar?: ReactNode
}

/** Above this many nodes only those in view are put into the page. */
const CULL_ABOVE = 150
/** The minimap earns its place only where the graph does not fit. */
const MINIMAP_ABOVE = 12

export function DagGraph(props: DagGraphProps) {
  const tasks = useQuery(dagTasksQuery(props.dagId, props.version))
  const states = useRunStates(props.run)
  if (tasks.isPending) return <GraphLoading />
  if (tasks.isError) return <Failed error={tasks.error} onRetry={() => void tasks.refetch()} />
  if (tasks.data.tasks.length === 0) return <Empty title={strings.graph.empty} icon={IconSitemapOff} />
  return (
    <TaskStatesContext value={states}>
      <ReactFlowProvider>
        <GraphCanvas {...props} dag={tasks.data} />
      </ReactFlowProvider>
    </TaskStatesContext>
  )
}

function GraphLoading() {
  return (
    <div className={classes['loading']} role="status">
      <Loader size="sm" /> {strings.graph.layingOut}
    </div>
  )
}

function useRunStates(run: RunRef | null): TaskStates {
  const [states] = useState(() => new TaskStates())
  const { data } = useQuery({ ...taskInstancesQuery(run ?? { dag_id: '', run_id: '' }), enabled: run !== null })
  const instances = run === null ? undefined : data?.data
  useEffect(() => {
    states.set(instances ?? [])
  }, [states, instances])
  return states
}

function GraphCanvas({ dag, search, onChange, toolbar }: DagGraphProps & { dag: DagTasks }) {
  const isNarrow = useMediaQuery('(max-width: 720px)', false, { getInitialValueInEffect: false })
  const direction = search.dir ?? (isNarrow ? 'TB' : 'LR')
  const open = useMemo(() => parseOpen(search.open), [search.open])
  const model = useMemo(() => buildGraph(dag, open), [dag, open])
  const layout = useGraphLayout({ dagId: dag.dag_id, version: dag.version, open: search.open ?? '', direction }, model)
  const nodes = useMemo(() => toNodes(model, layout.data), [model, layout.data])
  const edges = useMemo(() => toEdges(model, layout.data), [model, layout.data])
  const groupIds = useMemo(() => dag.task_groups.map(({ group_id }) => group_id), [dag])
  const found = useFound(model, search.find)
  const [at, setAt] = useState(0)
  const current = found === null ? null : (found[at % Math.max(1, found.length)] ?? null)
  const flow = useReactFlow()

  const toggle = useCallback(
    (groupId: string) => {
      onChange({ open: toggleGroup(open, groupId, groupIds) })
    },
    [onChange, open, groupIds],
  )
  const ui = useMemo(
    () => ({ direction, selected: search.task ?? null, found: found === null ? null : new Set(found), current, toggle }),
    [direction, search.task, found, current, toggle],
  )
  const goTo = (index: number) => {
    if (found === null || found.length === 0) return
    const next = (index + found.length) % found.length
    setAt(next)
    isMoved.current = true
    void flow.fitView({ nodes: [{ id: found[next] ?? '' }], maxZoom: 1, duration: 250 })
  }
  const isMoved = useRef(false)
  useRefit(layout.data, isMoved)
  useFitOnResize(search.task, isMoved)

  if (layout.isError) return <Failed error={layout.error} title={strings.graph.failed} />
  return (
    <div className={classes['graph']}>
      <GraphToolbar
        before={toolbar}
        search={search}
        direction={direction}
        onChange={onChange}
        hasGroups={groupIds.length > 0}
        allOpen={open === 'all'}
        found={found === null ? null : { at: found.length === 0 ? 0 : (at % found.length) + 1, count: found.length }}
        onFit={() => {
          isMoved.current = false
          void flow.fitView({ ...FIT, duration: 200 })
        }}
        onNext={() => {
          goTo(current === null ? 0 : at + (at === 0 && found?.[0] === current ? 0 : 1))
        }}
      />
      <GraphUiContext value={ui}>
        <div className={classes['canvas']}>
          {layout.data === undefined ? (
            <GraphLoading />
          ) : (
            <ReactFlow
              nodes={nodes}
              edges={edges}
              nodeTypes={nodeTypes}
              edgeTypes={edgeTypes}
              fitView
              fitViewOptions={FIT}
              minZoom={0.05}
              maxZoom={2}
              nodesDraggable={false}
              nodesConnectable={false}
              edgesFocusable={false}
              onlyRenderVisibleElements={nodes.length > CULL_ABOVE}
              proOptions={{ hideAttribution: false }}
              aria-label={strings.graph.label}
              onMove={(event) => {
                // Without an event it was moved by the page, not by the reader.
                if (event !== null) isMoved.current = true
              }}
              onNodeClick={(_, node) => {
                if (node.type === 'taskGroup') toggle(node.id)
                if (node.type === 'task') onChange({ task: node.id, map: undefined, attempt: undefined })
              }}
              onPaneClick={() => {
                if (search.task !== undefined) onChange({ task: undefined, map: undefined, attempt: undefined, tab: undefined })
              }}
            >
              <Background gap={22} size={1} color="var(--line)" />
              {nodes.length > MINIMAP_ABOVE ? <Overview nodes={nodes} /> : null}
            </ReactFlow>
          )}
        </div>
      </GraphUiContext>
    </div>
  )
}

/** The minimap, while part of the graph is out of sight: where all of it is seen it would only cover nodes. */
function Overview({ nodes }: { nodes: readonly (TaskFlowNode | FrameFlowNode)[] }) {
  const box = useMemo(() => boxOf(nodes), [nodes])
  const isWhole = useStore(({ transform: [x, y, zoom], width, height }) => isInView(box, { x, y, zoom, width, height }))
  if (isWhole) return null
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
  const node = getNode(id) as TaskFlowNode | FrameFlowNode | undefined
  const states = useNodeStates(id, node?.data.taskIds ?? [])
  if (node?.type === 'frame')
    return <rect x={x} y={y} width={width} height={height} rx={10} fill="none" stroke="var(--line-strong)" strokeWidth={4} />
  return <rect x={x} y={y} width={width} height={height} rx={6} fill={states === null ? 'var(--line-strong)' : stateFill(states.state)} />
}

function useFound(model: GraphModel, find: string | undefined): string[] | null {
  return useMemo(() => {
    if (find === undefined) return null
    const wanted = find.toLowerCase()
    return model.nodes
      .filter((node) => node.label.toLowerCase().includes(wanted) || node.task_ids.some((id) => id.toLowerCase().includes(wanted)))
      .map(({ id }) => id)
  }, [model, find])
}

function toNodes(model: GraphModel, layout: LayoutOutput | undefined): (TaskFlowNode | FrameFlowNode)[] {
  if (!layout) return []
  const frames = model.frames.flatMap((frame): FrameFlowNode[] => {
    const box = layout.frames[frame.id]
    if (!box) return []
    const { x, y, width, height } = box
    const data = { label: frame.label, detail: '', tooltip: frame.id, taskIds: frame.task_ids }
    return [{ id: frame.id, type: 'frame', position: { x, y }, width, height, data, zIndex: -1, selectable: false, focusable: false }]
  })
  const nodes = model.nodes.flatMap((node): TaskFlowNode[] => {
    const box = layout.nodes[node.id]
    if (!box) return []
    const { x, y, width, height } = box
    const data = { label: node.label, detail: node.detail, tooltip: node.tooltip, taskIds: node.task_ids }
    return [
      { id: node.id, type: node.kind === 'group' ? 'taskGroup' : 'task', position: { x, y }, width, height, data, ariaLabel: node.label },
    ]
  })
  return [...frames, ...nodes]
}

function toEdges(model: GraphModel, layout: LayoutOutput | undefined): BendFlowEdge[] {
  return model.edges.map(({ id, source, target, label }) => ({
    id,
    source,
    target,
    type: 'bend',
    data: { bends: layout?.bends[id] ?? [], label, labelAt: layout?.labels[id] ?? null },
  }))
}
