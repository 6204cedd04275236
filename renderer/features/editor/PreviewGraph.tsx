/**
 * The graph of the edited text before it is saved: what is new, changed and removed against the newest version. While a line is half
 * typed it shows the last text that could be read, and says so.
 */
import '@xyflow/react/dist/style.css'
import { ActionIcon, Badge, Select, Text, Tooltip } from '@mantine/core'
import { IconArrowsMaximize, IconFold, IconFoldDown, IconSitemapOff } from '@tabler/icons-react'
import { Background, getViewportForBounds, ReactFlow, ReactFlowProvider, useReactFlow, useStore } from '@xyflow/react'
import { memo, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { DagFilePreview, DagPreview } from '#contract/dagFile.ts'
import { strings } from '../../strings.ts'
import { Empty, RowsSkeleton } from '../../ui/PageState.tsx'
import { parseOpen, toggleGroup } from '../graph/model.ts'
import { useGraphLayout } from '../graph/useGraphLayout.ts'
import classes from './PreviewGraph.module.css'
import { SavedScheduleLine } from './SavedScheduleLine.tsx'
import { previewEdgeTypes, previewNodeTypes, PreviewUi } from './previewNodes.tsx'
import { drawnPart, previewModel, toFlow, type PreviewNode } from './previewModel.ts'

/** More tasks than these begin folded, where there are groups. */
const OPEN_MAX = 60
const CULL_ABOVE = 150
const MIN_ZOOM = 0.05

interface PreviewGraphProps {
  /** The last text that could be read; null = none yet. */
  good: DagFilePreview | null
  /** The newest text could not. */
  isStale: boolean
  onTask: (task: string) => void
}

export const PreviewGraph = memo(function PreviewGraph({ good, isStale, onTask }: PreviewGraphProps) {
  const text = strings.previewGraph
  const dags = good?.dags ?? []
  const [chosen, setChosen] = useState<string | null>(null)
  const dag = dags.find(({ dag_id }) => dag_id === chosen) ?? dags[0]
  if (dag === undefined) {
    const isWaiting = good === null
    if (isWaiting && !isStale)
      return (
        <div style={{ padding: 14 }}>
          <RowsSkeleton />
        </div>
      )
    return <Empty title={isWaiting ? text.waiting : text.none} icon={IconSitemapOff} {...(isWaiting ? {} : { text: text.noneText })} />
  }
  return (
    <section className={classes['frame']} aria-label={text.label}>
      <ReactFlowProvider key={dag.dag_id}>
        <Graph
          dag={dag}
          isStale={isStale}
          onTask={onTask}
          picker={
            dags.length < 2 ? (
              <Text size="sm" fw={600} className="ellipsis" title={dag.dag_id}>
                {dag.dag_display_name ?? dag.dag_id}
              </Text>
            ) : (
              <Select
                size="xs"
                w={200}
                aria-label={text.dag}
                data={dags.map(({ dag_id }) => dag_id)}
                value={dag.dag_id}
                allowDeselect={false}
                searchable
                onChange={setChosen}
              />
            )
          }
        />
      </ReactFlowProvider>
      <Remarks dag={dag} />
    </section>
  )
})

interface GraphProps {
  dag: DagPreview
  isStale: boolean
  onTask: (task: string) => void
  picker: React.ReactNode
}

function Graph({ dag: whole, isStale, onTask, picker }: GraphProps) {
  const text = strings.previewGraph
  const { dag, left_out } = useMemo(() => drawnPart(whole), [whole])
  const groupIds = useMemo(() => dag.task_groups.map(({ group_id }) => group_id), [dag])
  const [open, setOpen] = useState<string | undefined>(() => (dag.tasks.length > OPEN_MAX ? undefined : '*'))
  const shown = useMemo(() => previewModel(dag, parseOpen(open)), [dag, open])
  // A text of another shape needs another layout; one that only changes a task's settings does not.
  const layout = useGraphLayout(
    { dagId: `preview:${dag.dag_id}:${shown.shape}`, version: 0, open: open ?? '', direction: 'TB' },
    shown.model,
  )
  const { nodes, edges } = useMemo(() => toFlow(shown, layout.data, dag), [shown, layout.data, dag])
  const ui = useMemo(
    () => ({
      toggle: (groupId: string) => {
        setOpen((before) => toggleGroup(parseOpen(before), groupId, groupIds))
      },
    }),
    [groupIds],
  )
  const view = useFitted(nodes, layout.data)
  return (
    <>
      <div className={classes['toolbar']}>
        {picker}
        <Changes dag={whole} />
        <span className={classes['spacer']} />
        {groupIds.length === 0 ? null : (
          <Tooltip label={open === '*' ? text.foldAll : text.openAll}>
            <ActionIcon
              aria-label={open === '*' ? text.foldAll : text.openAll}
              onClick={() => {
                setOpen(open === '*' ? undefined : '*')
              }}
            >
              {open === '*' ? <IconFold size={18} /> : <IconFoldDown size={18} />}
            </ActionIcon>
          </Tooltip>
        )}
        <Tooltip label={text.fit}>
          <ActionIcon aria-label={text.fit} onClick={view.fit}>
            <IconArrowsMaximize size={18} />
          </ActionIcon>
        </Tooltip>
      </div>
      {isStale ? (
        <Text size="xs" className={classes['stale'] ?? ''} role="status">
          {text.stale}
        </Text>
      ) : null}
      {left_out === 0 ? null : (
        <Text size="xs" c="dimmed" px={14} py={4} role="status">
          {dag.tasks.length === 0 ? text.nothingDrawn(left_out) : text.leftOut(left_out)}
        </Text>
      )}
      <PreviewUi value={ui}>
        <div className={classes['canvas']} data-stale={isStale || undefined}>
          <ReactFlow
            nodes={nodes}
            edges={edges}
            nodeTypes={previewNodeTypes}
            edgeTypes={previewEdgeTypes}
            minZoom={MIN_ZOOM}
            maxZoom={2}
            nodesDraggable={false}
            nodesConnectable={false}
            edgesFocusable={false}
            onlyRenderVisibleElements={nodes.length > CULL_ABOVE}
            aria-label={text.label}
            onMove={view.onMove}
            onNodeClick={(_, node) => {
              if (node.type === 'task') onTask(node.id)
              if (node.type === 'taskGroup') ui.toggle(node.id)
            }}
          >
            <Background gap={22} size={1} color="var(--line)" />
          </ReactFlow>
        </div>
      </PreviewUi>
    </>
  )
}

/** The whole graph in its window, again when layout or window change, until the reader moves it. */
function useFitted(nodes: readonly PreviewNode[], layout: unknown) {
  const flow = useReactFlow()
  const width = useStore((store) => store.width)
  const height = useStore((store) => store.height)
  const isMoved = useRef(false)
  const now = useRef(nodes)
  useEffect(() => {
    now.current = nodes
  })
  const show = useCallback(() => {
    if (now.current.length === 0 || width === 0 || height === 0) return
    const bounds = flow.getNodesBounds([...now.current])
    void flow.setViewport(getViewportForBounds(bounds, width, height, MIN_ZOOM, 1, 0.08))
  }, [flow, width, height])
  useEffect(() => {
    if (!isMoved.current) show()
  }, [show, layout])
  return {
    fit: () => {
      isMoved.current = false
      show()
    },
    onMove: (event: MouseEvent | TouchEvent | null) => {
      // Without an event it was moved by the page, not by the reader.
      if (event !== null) isMoved.current = true
    },
  }
}

function Changes({ dag }: { dag: DagPreview }) {
  const text = strings.previewGraph
  const count = (change: string) => dag.tasks.filter((task) => task.change === change).length
  if (dag.version === null)
    return (
      <Badge size="sm" tt="none" variant="light" color="green">
        {text.newDag}
      </Badge>
    )
  const words = text.legend(count('added'), count('changed'), count('removed'))
  const edges = dag.edges.filter(([, , , change]) => change === 'added' || change === 'removed').length
  return (
    <Text size="xs" c="dimmed" role="status">
      {words === '' ? (edges === 0 ? text.noChange : text.edges(edges)) : words} {text.against(dag.version)}
    </Text>
  )
}

function Remarks({ dag }: { dag: DagPreview }) {
  const text = strings.previewGraph
  if (dag.changed_settings.length === 0 && dag.saved_schedule === null && dag.notices.length === 0) return null
  return (
    <ul className={classes['remarks']} tabIndex={0} aria-label={text.notices}>
      {dag.changed_settings.length === 0 ? null : <li>{text.settings(dag.changed_settings.join(', '))}</li>}
      {dag.saved_schedule === null ? null : <SavedScheduleLine saved={dag.saved_schedule} />}
      {dag.notices.map((notice) => (
        <li key={notice}>{notice}</li>
      ))}
    </ul>
  )
}
