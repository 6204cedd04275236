/** Asks the layout worker; an answer is kept by DAG, version, unfolded groups and direction, so coming back costs nothing. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { queryKeys } from '../../api/queryKeys.ts'
import type { Direction } from './direction.ts'
import type { LayoutInput, LayoutOutput } from './layout.ts'
import type { GraphModel } from './model.ts'
import LayoutWorker from './layout.worker.ts?worker'

type Answer = { id: number; output: LayoutOutput } | { id: number; error: string }

export const NODE_SIZE = { task: { width: 190, height: 50 }, group: { width: 190, height: 50 } } as const

let worker: Worker | undefined
let nextId = 0
const waiting = new Map<number, { resolve: (output: LayoutOutput) => void; reject: (error: Error) => void }>()

function ask(input: LayoutInput): Promise<LayoutOutput> {
  worker ??= startWorker()
  const id = (nextId += 1)
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject })
    worker?.postMessage({ id, input })
  })
}

function startWorker(): Worker {
  const started = new LayoutWorker()
  started.onmessage = ({ data }: MessageEvent<Answer>) => {
    const caller = waiting.get(data.id)
    waiting.delete(data.id)
    if ('output' in data) caller?.resolve(data.output)
    else caller?.reject(new Error(data.error))
  }
  started.onerror = (event) => {
    for (const caller of waiting.values()) caller.reject(new Error(event.message))
    waiting.clear()
    worker = undefined
  }
  return started
}

export interface LayoutOf {
  dagId: string
  version: number
  open: string
  direction: Direction
}

/** Starts the thread before the first graph is known: it takes longer than most layouts. */
export function warmLayout(): void {
  worker ??= startWorker()
}

export function useGraphLayout(of: LayoutOf, model: GraphModel, enabled = true) {
  return useQuery({
    enabled,
    queryKey: queryKeys.graphLayout(of.dagId, of.version, of.open, of.direction),
    queryFn: () =>
      ask({
        nodes: model.nodes.map(({ id, kind, frame }) => ({ id, frame, ...NODE_SIZE[kind] })),
        frames: model.frames.map(({ id, frame }) => ({ id, frame })),
        edges: model.edges,
        direction: of.direction,
      }),
    staleTime: Infinity,
    gcTime: 30 * 60_000,
    placeholderData: keepPreviousData,
  })
}
