/** How the nodes and edges of a scene look at the moment: states of the run, what is selected, found and related. Pure. */
import type { GraphModel } from './model.ts'
import { EDGE_MARK, MARK, type Look } from './paint.ts'
import { stateNumber } from './palette.ts'
import { edgeSide, type Related } from './related.ts'
import type { TaskStates } from './taskStates.ts'

export interface Marked {
  selected: string | null
  related: Related | null
  /** null = no search. */
  found: ReadonlySet<string> | null
  current: string | null
}

export const isDim = (id: string, { selected, related, found }: Marked): boolean =>
  (found !== null && !found.has(id)) || (related !== null && id !== selected && !related.upstream.has(id) && !related.downstream.has(id))

export function marksOf(model: GraphModel, marked: Marked): Pick<Look, 'marks' | 'edgeMarks'> {
  const marks = Uint8Array.from(
    model.nodes,
    ({ id }) =>
      (isDim(id, marked) ? MARK.dim : 0) | (id === marked.selected ? MARK.selected : 0) | (id === marked.current ? MARK.current : 0),
  )
  const { related, selected } = marked
  const edgeMarks = Uint8Array.from(model.edges, (edge) => {
    if (related === null || selected === null) return EDGE_MARK.none
    return EDGE_MARK[edgeSide(related, selected, edge) ?? 'dim']
  })
  return { marks, edgeMarks }
}

export function statesOf(model: GraphModel, states: TaskStates): Pick<Look, 'states' | 'counts'> {
  const numbers = new Uint8Array(model.nodes.length)
  const counts = new Uint32Array(model.nodes.length)
  model.nodes.forEach(({ id, task_ids }, n) => {
    const summary = states.summary(id, task_ids)
    if (summary === null) return
    numbers[n] = stateNumber(summary.state)
    counts[n] = summary.total
  })
  return { states: numbers, counts }
}
