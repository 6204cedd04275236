/**
 * The layout of large graphs against dagre's (tight-tree, the same gaps): time, crossings of the drawn edges, size.
 * Goals: 1,000 tasks <= 1/20 and 5,000 tasks <= 1/50 of dagre's time; crossings <= 1.25 x dagre's up to 500 tasks.
 *
 *   node bench/graphLayout.ts [--skip-large]     (dagre takes minutes for the largest)
 */
import { byDagre } from '../renderer/features/graph/dagreLayout.ts'
import { byLayers, type LayoutInput, type Point } from '../renderer/features/graph/layout.ts'
import { median } from './harness/statistics.ts'
import { randomOf } from './seed/random.ts'

const SIZE = { width: 190, height: 50 }

function graph(count: number, edges: Iterable<readonly [number, number]>): LayoutInput {
  const seen = new Set<string>()
  const list = []
  for (const [a, b] of edges) {
    const id = `${a}→${b}`
    if (a === b || seen.has(id)) continue
    seen.add(id)
    list.push({ id, source: String(a), target: String(b) })
  }
  return {
    nodes: Array.from({ length: count }, (_, i) => ({ id: String(i), frame: null, ...SIZE })),
    frames: [],
    edges: list,
    direction: 'LR',
  }
}

/** As the seeded DAGs: layers, each task fed by up to three of the layer before. */
function layered(count: number): LayoutInput {
  const width = Math.max(5, Math.min(100, Math.round(count / 20)))
  const edges: [number, number][] = []
  for (let n = width; n < count; n += 1) {
    const [base, at] = [Math.floor(n / width) * width - width, n % width]
    for (const up of n % 5 === 0 ? [at] : [at, (at * 7 + 3) % width, (at + 1) % width]) edges.push([base + up, n])
  }
  return graph(count, edges)
}

/** As dbt projects grow: each task depends on one to three earlier ones, mostly on recent ones. */
function grown(count: number): LayoutInput {
  const random = randomOf(count)
  const edges: [number, number][] = []
  for (let n = Math.ceil(count / 10); n < count; n += 1)
    for (let i = Math.ceil(random() * 2.4); i > 0; i -= 1) edges.push([Math.max(0, n - 1 - Math.floor(random() ** 2 * n * 0.6)), n])
  return graph(count, edges)
}

/** Pipelines side by side that begin at one task and end in one. */
function pipelines(count: number): LayoutInput {
  const edges: [number, number][] = []
  const length = 8
  for (let n = 1; n < count - 1; n += 1) {
    if ((n - 1) % length === 0) edges.push([0, n])
    else edges.push([n - 1, n])
    if ((n - 1) % length === length - 1 || n === count - 2) edges.push([n, count - 1])
    if (n % 11 === 0 && n + 5 < count - 1) edges.push([n, n + 5])
  }
  return graph(count, edges)
}

const SHAPES = { layered, grown, pipelines }

type Drawn = Pick<ReturnType<typeof byDagre>, 'nodes' | 'bends'>

/** Pairs of drawn edges that cross; ends that meet at one task do not. */
function drawnCrossings(input: LayoutInput, { nodes, bends }: Drawn): number {
  const segments: { edge: number; a: Point; b: Point }[] = []
  input.edges.forEach(({ id, source, target }, edge) => {
    const [from, to] = [nodes[source], nodes[target]]
    if (from === undefined || to === undefined) return
    const points = [{ x: from.x + from.width, y: from.y + from.height / 2 }, ...(bends[id] ?? []), { x: to.x, y: to.y + to.height / 2 }]
    points.slice(1).forEach((b, i) => segments.push({ edge, a: points[i] ?? b, b }))
  })
  segments.sort((s, t) => Math.min(s.a.x, s.b.x) - Math.min(t.a.x, t.b.x))
  let count = 0
  segments.forEach((s, i) => {
    const end = Math.max(s.a.x, s.b.x)
    for (let j = i + 1; j < segments.length; j += 1) {
      const t = segments[j]
      if (t === undefined || Math.min(t.a.x, t.b.x) > end) break
      if (t.edge !== s.edge && cross(s, t)) count += 1
    }
  })
  return count
}

function cross(s: { a: Point; b: Point }, t: { a: Point; b: Point }): boolean {
  const side = (p: Point, q: Point, r: Point) => Math.sign((q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x))
  return side(s.a, s.b, t.a) * side(s.a, s.b, t.b) < 0 && side(t.a, t.b, s.a) * side(t.a, t.b, s.b) < 0
}

function timed<T>(runs: number, work: () => T): { result: T; ms: number } {
  let result = work()
  const times: number[] = []
  for (let i = 0; i < runs; i += 1) {
    const began = performance.now()
    result = work()
    times.push(performance.now() - began)
  }
  return { result, ms: median(times) }
}

/** null: it went deeper than the stack, which `node --stack-size=8000` (and `ulimit -s unlimited`) helps. */
function dagreOrNone(input: LayoutInput): ReturnType<typeof byDagre> | null {
  try {
    return byDagre(input, 'LR')
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

const goalOf = (count: number): number => (count >= 5_000 ? 50 : count >= 1_000 ? 20 : 1)
const isFast = process.argv.includes('--skip-large')
let short = 0
const print = (cells: (string | number)[]): void => {
  process.stdout.write(`${cells.map((cell, i) => String(cell).padStart(i === 0 ? 10 : 12)).join('')}\n`)
}
print(['shape', 'tasks', 'edges', 'ours ms', 'dagre ms', 'faster', 'crossings', "dagre's", 'ratio', ''])
for (const [name, make] of Object.entries(SHAPES)) {
  for (const count of [50, 100, 250, 500, 1_000, 5_000]) {
    if (isFast && count > 1_000) continue
    const input = make(count)
    const ours = timed(count > 1_000 ? 3 : 7, () => byLayers(input))
    const began = performance.now()
    const theirs = dagreOrNone(input)
    const dagre_ms = performance.now() - began
    if (theirs === null) {
      print([name, count, input.edges.length, ours.ms.toFixed(1), `dagre overflows its stack after ${dagre_ms.toFixed(0)} ms`])
      continue
    }
    const [mine, dagres] = [drawnCrossings(input, ours.result), drawnCrossings(input, theirs)]
    const ratio = dagres === 0 ? (mine === 0 ? 1 : Infinity) : mine / dagres
    const isMet = dagre_ms / ours.ms >= goalOf(count) && (count > 500 || ratio <= 1.25)
    if (!isMet) short += 1
    const figures = [count, input.edges.length, ours.ms.toFixed(1), dagre_ms.toFixed(0), `${(dagre_ms / ours.ms).toFixed(0)} x`]
    print([name, ...figures, mine, dagres, ratio.toFixed(2), isMet ? 'met' : 'SHORT'])
  }
}
process.exitCode = short === 0 ? 0 : 1
