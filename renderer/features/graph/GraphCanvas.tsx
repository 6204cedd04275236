/**
 * The graph on its canvas. A graph that can be looked over is React Flow's alone. A large one is a picture (GraphPicture.tsx) with
 * React Flow's nodes only where the view rests near enough to read them: panning and zooming then cost the same for any number of tasks.
 */
import { Loader } from '@mantine/core'
import { useElementSize, useMediaQuery } from '@mantine/hooks'
import { Background, ReactFlow, useReactFlow, useStore } from '@xyflow/react'
import { useCallback, useContext, useMemo, useRef, useState, type KeyboardEvent, type MouseEvent, type ReactNode } from 'react'
import type { DagTasks } from '#contract/dag.ts'
import type { GraphChange, GraphSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { tellError } from '../../ui/act.ts'
import { Failed } from '../../ui/PageState.tsx'
import classes from './DagGraph.module.css'
import { download, pngOf, svgOf } from './exportImage.ts'
import { toEdges, toFrames, toNodes, type FlowNode } from './flowNodes.ts'
import { GraphMinimap } from './GraphMinimap.tsx'
import { GraphOverview } from './GraphOverview.tsx'
import { GraphPicture } from './GraphPicture.tsx'
import { GraphToolbar } from './GraphToolbar.tsx'
import type { View } from './inView.ts'
import type { LayoutOutput } from './layout.ts'
import { marksOf, statesOf, type Marked } from './look.ts'
import { buildGraph, parseOpen, toggleGroup, type GraphModel } from './model.ts'
import { edgeTypes, GraphUiContext, nodeTypes } from './nodeTypes.tsx'
import { readPalette } from './palette.ts'
import { relatedTo, stepFrom, type Step } from './related.ts'
import { Relation } from './Relation.tsx'
import { buildScene, nodeAt, nodesIn, type Scene } from './scene.ts'
import { TaskStatesContext } from './taskStates.ts'
import { MIN_ZOOM, useViews } from './useFit.ts'
import { useDirection } from './useDirection.ts'
import { useGraphLayout } from './useGraphLayout.ts'

interface GraphCanvasProps {
  dag: DagTasks
  search: GraphSearch
  onChange: (change: GraphChange) => void
  toolbar?: ReactNode
}

/** Above so many nodes the graph is a picture. */
const PICTURE_ABOVE = 150
/** Nodes of the page stand in the picture when it is this near and they are at most so many. */
const NODES_FROM_ZOOM = 0.45
const NODES_MAX = 200
/** Nodes beyond the window that are there already when it moves, as a share of it. */
const NODES_AROUND = 0.25
const STEPS: Readonly<Record<string, Step>> = { ArrowUp: 'up', ArrowDown: 'down', ArrowLeft: 'left', ArrowRight: 'right' }
/** A graph of so few nodes is not shrunk below this at first: its start is shown, the rest can be scrolled to. */
const WHOLE_ABOVE = 30
const READABLE = 0.75
/** Below each of these zooms nodes show less, and their names larger. */
const FAR = [0.6, 0.45, 0.36] as const
const NOTHING: never[] = []

export function GraphLoading() {
  return (
    <div className={classes['loading']} role="status">
      <Loader size="sm" /> {strings.graph.layingOut}
    </div>
  )
}

export function GraphCanvas({ dag, search, onChange, toolbar }: GraphCanvasProps) {
  const isNarrow = useMediaQuery('(max-width: 720px)', false, { getInitialValueInEffect: false })
  const open = useMemo(() => parseOpen(search.open), [search.open])
  const model = useMemo(() => buildGraph(dag, open), [dag, open])
  const { ref: canvas, width, height } = useElementSize()
  const of = { dagId: dag.dag_id, version: dag.version, open: search.open ?? '' }
  const known = useDirection({ chosen: search.dir, isNarrow, of, model, width, height })
  const direction = known ?? 'LR'
  const layout = useGraphLayout({ ...of, direction }, model, known !== null)
  const drawn = layout.data
  const scene = useMemo(
    () => (drawn === undefined || !isOf(drawn, model) ? null : buildScene(model, drawn, direction)),
    [model, drawn, direction],
  )
  const groupIds = useMemo(() => dag.task_groups.map(({ group_id }) => group_id), [dag])
  const find = useFind(model, search.find)
  /** Where the arrow keys are; `task`: it ends when another task is opened by other means. */
  const [walked, setCursor] = useState<{ id: string; task: string | undefined }>()
  const cursor = (walked?.task === search.task || walked?.id === search.task ? walked?.id : undefined) ?? search.task ?? null
  const marked = useMarked(model, cursor, find)
  const views = useViews({
    layout: drawn,
    scene,
    selected: search.task,
    least: isNarrow || model.nodes.length > WHOLE_ABOVE ? 0 : READABLE,
  })
  const toggle = useCallback(
    (groupId: string) => {
      onChange({ open: toggleGroup(open, groupId, groupIds) })
    },
    [onChange, open, groupIds],
  )
  const far = useStore(({ transform }) => FAR.filter((zoom) => transform[2] < zoom).length)
  const ui = useMemo(() => ({ direction, marked, far, toggle }), [direction, marked, far, toggle])
  const select = (id: string | undefined) => {
    onChange({ task: id, map: undefined, attempt: undefined, ...(id === undefined ? { tab: undefined } : {}) })
  }
  const isGroup = (id: string) => model.nodes.some((node) => node.id === id && node.kind === 'group')
  const press = (id: string) => {
    if (isGroup(id)) toggle(id)
    else select(id)
  }
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return
    const node = event.target instanceof HTMLElement ? event.target.closest<HTMLElement>('.react-flow__node') : null
    const step = STEPS[event.key]
    if (step !== undefined && drawn !== undefined) {
      const next = stepFrom({ model, layout: drawn, direction, id: cursor ?? node?.dataset['id'] ?? null, step })
      if (next === null) return
      event.preventDefault()
      views.reveal(next)
      setCursor({ id: next, task: search.task })
      // The panel beside the graph follows; a folded group has none.
      if (search.task !== undefined && !isGroup(next)) select(next)
    } else if ((event.key === 'Enter' || event.key === ' ') && !(event.target instanceof HTMLButtonElement)) {
      const id = node?.dataset['id'] ?? cursor
      if (id === null) return
      event.preventDefault()
      press(id)
    }
  }
  const save = useExport({ dag, model, scene, marked })

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
        found={find.place}
        onFit={() => {
          views.fit({ duration: 200, isWhole: true })
        }}
        onNext={() => {
          const id = find.next()
          if (id !== null) views.goTo(id)
        }}
        onExport={save}
      />
      <GraphUiContext value={ui}>
        {/* The arrow keys are the graph's own way to walk; each task is reachable by Tab too where it can be read. */}
        <div ref={canvas} className={classes['canvas']} onKeyDown={onKeyDown}>
          {scene === null || drawn === undefined ? (
            <GraphLoading />
          ) : (
            <Flow
              scene={scene}
              model={model}
              layout={drawn}
              marked={marked}
              onPress={press}
              onLeave={() => {
                setCursor(undefined)
                if (search.task !== undefined) select(undefined)
              }}
              isMoved={views.isMoved}
            />
          )}
          {marked.related === null || cursor === null ? null : <Relation id={cursor} related={marked.related} model={model} />}
        </div>
      </GraphUiContext>
    </div>
  )
}

/** While a new layout is under way the one before is still there; it may be of another shape. */
const isOf = (layout: LayoutOutput, model: GraphModel): boolean => model.nodes.every(({ id }) => layout.nodes[id] !== undefined)

interface FlowProps {
  scene: Scene
  model: GraphModel
  layout: LayoutOutput
  marked: Marked
  onPress: (id: string) => void
  /** A press beside everything. */
  onLeave: () => void
  isMoved: React.RefObject<boolean>
}

function Flow({ scene, model, layout, marked, onPress, onLeave, isMoved }: FlowProps) {
  const isPicture = model.nodes.length > PICTURE_ABOVE
  const all = useMemo(() => ({ nodes: toNodes(model, layout), frames: toFrames(model, layout) }), [model, layout])
  const near = useNear(scene, all, isPicture)
  const nodes = useMemo((): FlowNode[] => (isPicture ? near.nodes : [...all.frames, ...all.nodes]), [isPicture, near, all])
  const edges = useMemo(() => (isPicture ? NOTHING : toEdges(model, layout)), [isPicture, model, layout])
  const flow = useReactFlow()
  const overview = useRef<HTMLCanvasElement>(null)
  const frame = useRef<HTMLDivElement>(null)
  const under = (event: MouseEvent) => {
    const node = isPicture ? nodeAt(scene, flow.screenToFlowPosition({ x: event.clientX, y: event.clientY })) : null
    return node === null ? undefined : model.nodes[node]
  }
  return (
    <>
      <ReactFlow
        ref={frame}
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        minZoom={MIN_ZOOM}
        maxZoom={2}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        proOptions={{ hideAttribution: false }}
        tabIndex={0}
        aria-label={`${strings.graph.label}: ${strings.graph.tasks(model.nodes.length)}. ${strings.graph.keys}`}
        onMoveStart={() => {
          frame.current?.setAttribute('data-moving', '')
        }}
        onMoveEnd={() => {
          frame.current?.removeAttribute('data-moving')
        }}
        onMove={(event) => {
          // Without an event it was moved by the page, not by the reader.
          if (event !== null) isMoved.current = true
        }}
        onNodeClick={(_, node) => {
          if (node.type !== 'frame') onPress(node.id)
        }}
        onPaneClick={(event) => {
          const node = under(event)
          if (node === undefined) onLeave()
          else onPress(node.id)
        }}
        onPaneMouseMove={(event) => {
          if (!isPicture || !(event.target instanceof HTMLElement)) return
          const node = under(event)
          event.target.title = node?.tooltip ?? ''
          event.target.style.cursor = node === undefined ? '' : 'pointer'
        }}
      >
        {isPicture ? null : <Background gap={22} size={1} color="var(--line)" />}
        {isPicture ? (
          <GraphPicture model={model} scene={scene} marked={marked} overview={overview} onRest={near.rest} />
        ) : (
          <GraphMinimap nodes={nodes} />
        )}
      </ReactFlow>
      {isPicture ? <GraphOverview scene={scene} canvas={overview} /> : null}
    </>
  )
}

interface Nodes {
  nodes: ReturnType<typeof toNodes>
  frames: ReturnType<typeof toFrames>
}

/** The nodes that a picture's view rests on, if it is near enough to read them. */
function useNear(scene: Scene, all: Nodes, isPicture: boolean) {
  const [near, setNear] = useState<{ scene: Scene | null; nodes: FlowNode[] }>({ scene: null, nodes: NOTHING })
  const rest = useCallback(
    ({ x, y, zoom, width, height }: View) => {
      if (!isPicture) return
      const [wide, high] = [width / zoom, height / zoom]
      const area = {
        x: -x / zoom - wide * NODES_AROUND,
        y: -y / zoom - high * NODES_AROUND,
        width: wide * (1 + 2 * NODES_AROUND),
        height: high * (1 + 2 * NODES_AROUND),
      }
      const found = zoom < NODES_FROM_ZOOM ? NOTHING : nodesIn(scene, area)
      const isFew = found.length > 0 && found.length <= NODES_MAX
      const frames = isFew ? all.frames.filter(({ position, width: w = 0, height: h = 0 }) => touches(area, position, w, h)) : NOTHING
      setNear({ scene, nodes: isFew ? [...frames, ...found.flatMap((n) => all.nodes[n] ?? NOTHING)] : NOTHING })
    },
    [scene, all, isPicture],
  )
  return useMemo(() => ({ nodes: near.scene === scene ? near.nodes : NOTHING, rest }), [near, scene, rest])
}

const touches = (
  area: { x: number; y: number; width: number; height: number },
  at: { x: number; y: number },
  width: number,
  height: number,
) => at.x + width >= area.x && at.x <= area.x + area.width && at.y + height >= area.y && at.y <= area.y + area.height

function useFind(model: GraphModel, find: string | undefined) {
  const [at, setAt] = useState({ find, index: 0, isVisited: false })
  const found = useMemo(() => {
    if (find === undefined) return null
    const wanted = find.toLowerCase()
    return model.nodes
      .filter((node) => node.label.toLowerCase().includes(wanted) || node.task_ids.some((id) => id.toLowerCase().includes(wanted)))
      .map(({ id }) => id)
  }, [model, find])
  const count = found?.length ?? 0
  const index = at.find === find && count > 0 ? at.index % count : 0
  return {
    found,
    current: found?.[index] ?? null,
    place: found === null ? null : { at: count === 0 ? 0 : index + 1, count },
    /** The first press of Enter goes to the first one, each further press to the next. */
    next: (): string | null => {
      const to = at.find === find && at.isVisited ? index + 1 : index
      setAt({ find, index: to, isVisited: true })
      return found?.[to % Math.max(1, count)] ?? null
    },
  }
}

function useMarked(
  model: GraphModel,
  selected: string | null,
  { found, current }: { found: string[] | null; current: string | null },
): Marked {
  const related = useMemo(() => (selected === null ? null : relatedTo(model, selected)), [model, selected])
  return useMemo(() => ({ selected, related, found: found === null ? null : new Set(found), current }), [selected, related, found, current])
}

/** Saves the whole graph as it looks now. */
function useExport({ dag, model, scene, marked }: { dag: DagTasks; model: GraphModel; scene: Scene | null; marked: Marked }) {
  const states = useContext(TaskStatesContext)
  return (kind: 'svg' | 'png') => {
    if (scene === null) return
    const pictured = {
      scene,
      look: { ...statesOf(model, states), ...marksOf(model, { ...marked, selected: null, related: null, found: null, current: null }) },
      palette: readPalette(),
    }
    const image = kind === 'svg' ? Promise.resolve(new Blob([svgOf(pictured)], { type: 'image/svg+xml' })) : pngOf(pictured)
    image.then((blob) => {
      download(blob, `${dag.dag_id}.${kind}`)
    }, tellError)
  }
}
