/**
 * Layout of a large graph with groups: the inside of each unfolded group is laid out by itself, the innermost first, and is then one box
 * of the level around it. So groups hold together and the whole stays linear. An edge between two groups bends at the level where they part.
 * Tasks without any edge, and many tasks between the very same neighbours, stand in blocks instead of one endless rank.
 */
import { at } from './adjacency.ts'
import { layeredLayout, NODE_GAP, RANK_GAP, type Point } from './layered.ts'

export interface NestedInput {
  /** `frame`: index of the group around it, -1 = none. */
  nodes: readonly { deep: number; wide: number; frame: number }[]
  frames: readonly { frame: number }[]
  /** Node indexes. */
  edges: readonly { source: number; target: number }[]
  /** Room of a frame around what it holds. */
  pad: { before: number; after: number; near: number; far: number }
  /** Breadth of a block of many over its depth. */
  blockRatio: number
}
export interface NestedBox {
  along: number
  beside: number
  deep: number
  wide: number
}
export interface NestedLayout {
  nodes: NestedBox[]
  frames: (NestedBox | null)[]
  bends: Point[][]
}

/** So many tasks with the same neighbours make a block; fewer are a rank that can be looked over. */
const BLOCK_MIN = 40
/** Tasks with more neighbours than this are not compared. */
const NEIGHBOURS_COMPARED = 12

/** Something of one level: a node (its index), or a frame (~its index). */
type Item = number
interface Level {
  items: Item[]
  /** Pairs of items, each pair once, with the edges that it stands for. */
  links: Map<string, { source: Item; target: Item; edges: number[] }>
}
interface Inside {
  deep: number
  wide: number
  /** Of the level's items, from the level's corner. */
  boxes: Map<Item, NestedBox>
  bends: { edges: number[]; points: Point[] }[]
}

export function nestedLayout(input: NestedInput): NestedLayout {
  const levels = levelsOf(input)
  const insides = new Map<number, Inside>()
  const sizeOf = (item: Item): { deep: number; wide: number } => {
    if (item >= 0) return input.nodes[item] ?? { deep: 0, wide: 0 }
    const inside = insides.get(~item)
    const { before, after, near, far } = input.pad
    return inside === undefined ? { deep: 0, wide: 0 } : { deep: inside.deep + before + after, wide: inside.wide + near + far }
  }
  const arrange = (frame: number): void => {
    const level = levels.get(frame)
    if (level === undefined) return
    for (const item of level.items) if (item < 0) arrange(~item)
    insides.set(frame, layoutLevel(level, sizeOf, input.blockRatio))
  }
  arrange(-1)
  const layout: NestedLayout = { nodes: [], frames: input.frames.map(() => null), bends: input.edges.map(() => []) }
  const settle = (frame: number, along: number, beside: number): void => {
    const inside = insides.get(frame)
    if (inside === undefined) return
    for (const [item, box] of inside.boxes) {
      const moved = { ...box, along: box.along + along, beside: box.beside + beside }
      if (item >= 0) layout.nodes[item] = moved
      else {
        layout.frames[~item] = moved
        settle(~item, moved.along + input.pad.before, moved.beside + input.pad.near)
      }
    }
    for (const { edges, points } of inside.bends) {
      const moved = points.map((point) => ({ along: point.along + along, beside: point.beside + beside }))
      for (const edge of edges) layout.bends[edge] = moved
    }
  }
  settle(-1, 0, 0)
  return layout
}

/** What stands in which level, and the links at the level where the ends of an edge part. */
function levelsOf({ nodes, frames, edges }: NestedInput): Map<number, Level> {
  const levels = new Map<number, Level>()
  const level = (frame: number): Level => {
    const known = levels.get(frame)
    if (known !== undefined) return known
    const made: Level = { items: [], links: new Map() }
    levels.set(frame, made)
    if (frame >= 0) level(frames[frame]?.frame ?? -1).items.push(~frame)
    return made
  }
  level(-1)
  nodes.forEach(({ frame }, node) => level(frame).items.push(node))
  /** The node, then the frames around it, the outermost last. */
  const around = (node: number): Item[] => {
    const path: Item[] = [node]
    for (let frame = nodes[node]?.frame ?? -1; frame >= 0; frame = frames[frame]?.frame ?? -1) path.push(~frame)
    return path
  }
  edges.forEach(({ source, target }, edge) => {
    const a = around(source)
    const b = around(target)
    while (a.length > 1 && b.length > 1 && a.at(-1) === b.at(-1)) {
      a.pop()
      b.pop()
    }
    const [from, to] = [a.at(-1), b.at(-1)]
    if (from === undefined || to === undefined || from === to) return
    const parent = from >= 0 ? (nodes[from]?.frame ?? -1) : (frames[~from]?.frame ?? -1)
    const { links } = level(parent)
    const key = `${from},${to}`
    const link = links.get(key)
    if (link === undefined) links.set(key, { source: from, target: to, edges: [edge] })
    else link.edges.push(edge)
  })
  return levels
}

type SizeOf = (item: Item) => { deep: number; wide: number }

function layoutLevel(level: Level, sizeOf: SizeOf, ratio: number): Inside {
  const { blocks, loose, single } = blocksOf(level)
  const arranged = blocks.map((members) => block(members, sizeOf, ratio))
  const number = new Map<Item, number>(single.map((item, i) => [item, i]))
  blocks.forEach((members, b) => {
    for (const item of members) number.set(item, single.length + b)
  })
  const pairs = new Map<string, { source: number; target: number; edges: number[] }>()
  for (const { source, target, edges } of level.links.values()) {
    const [a, b] = [number.get(source), number.get(target)]
    if (a === undefined || b === undefined || a === b) continue
    const pair = pairs.get(`${a},${b}`)
    // A block's own edges fan out from it: bends of one of them would serve none.
    if (pair === undefined) pairs.set(`${a},${b}`, { source: a, target: b, edges: [...edges] })
    else pair.edges.push(...edges)
  }
  const list = [...pairs.values()]
  const sizes = [...single.map(sizeOf), ...arranged]
  const flat = layeredLayout({
    deep: Float64Array.from(sizes, ({ deep }) => deep),
    wide: Float64Array.from(sizes, ({ wide }) => wide),
    edges: { from: Int32Array.from(list, ({ source }) => source), to: Int32Array.from(list, ({ target }) => target) },
    strands: Int32Array.from(list, ({ edges }) => edges.length),
  })
  const boxes = new Map<Item, NestedBox>()
  single.forEach((item, i) => boxes.set(item, { along: at(flat.along, i), beside: at(flat.beside, i), ...sizeOf(item) }))
  arranged.forEach(({ boxes: inner }, b) => {
    for (const [item, box] of inner)
      boxes.set(item, {
        ...box,
        along: box.along + at(flat.along, single.length + b),
        beside: box.beside + at(flat.beside, single.length + b),
      })
  })
  const inside: Inside = {
    deep: flat.deep,
    wide: flat.wide,
    boxes,
    bends: list.map(({ edges }, i) => ({ edges, points: flat.bends[i] ?? [] })),
  }
  return loose.length === 0 ? inside : withLoose(inside, block(loose, sizeOf, ratio))
}

/** What has no edge stands below the rest, in a block. */
function withLoose(inside: Inside, loose: Block): Inside {
  const below = inside.wide === 0 ? 0 : inside.wide + RANK_GAP
  for (const [item, box] of loose.boxes) inside.boxes.set(item, { ...box, beside: box.beside + below })
  return { ...inside, deep: Math.max(inside.deep, loose.deep), wide: below + loose.wide }
}

/** `blocks`: nodes between the very same neighbours; `loose`: nodes without any; `single`: all others. */
function blocksOf({ items, links }: Level): { blocks: Item[][]; loose: Item[]; single: Item[] } {
  const before = new Map<Item, Item[]>()
  const after = new Map<Item, Item[]>()
  for (const { source, target } of links.values()) {
    after.set(source, [...(after.get(source) ?? []).slice(0, NEIGHBOURS_COMPARED), target])
    before.set(target, [...(before.get(target) ?? []).slice(0, NEIGHBOURS_COMPARED), source])
  }
  const alike = new Map<string, Item[]>()
  const loose: Item[] = []
  const single: Item[] = []
  for (const item of items) {
    const [ins, outs] = [before.get(item) ?? [], after.get(item) ?? []]
    if (ins.length + outs.length === 0) loose.push(item)
    else if (item < 0 || ins.length > NEIGHBOURS_COMPARED || outs.length > NEIGHBOURS_COMPARED) single.push(item)
    else {
      const key = `${ins.sort((a, b) => a - b).join()}|${outs.sort((a, b) => a - b).join()}`
      const list = alike.get(key)
      if (list === undefined) alike.set(key, [item])
      else list.push(item)
    }
  }
  const blocks: Item[][] = []
  for (const list of alike.values()) {
    if (list.length >= BLOCK_MIN) blocks.push(list)
    else single.push(...list)
  }
  return { blocks, loose, single }
}

interface Block {
  deep: number
  wide: number
  boxes: Map<Item, NestedBox>
}

/** Rows and columns, in the order given, as many columns as make the block `ratio` times as broad as deep. */
function block(members: readonly Item[], sizeOf: SizeOf, ratio: number): Block {
  let deepest = 0
  let widest = 0
  for (const item of members) {
    const { deep, wide } = sizeOf(item)
    deepest = Math.max(deepest, deep)
    widest = Math.max(widest, wide)
  }
  const columns = Math.max(1, Math.round(Math.sqrt((members.length * (widest + NODE_GAP)) / (deepest + RANK_GAP) / ratio)))
  const rows = Math.ceil(members.length / columns)
  const boxes = new Map<Item, NestedBox>()
  members.forEach((item, i) => {
    const size = sizeOf(item)
    const [column, row] = [Math.floor(i / rows), i % rows]
    boxes.set(item, { along: column * (deepest + RANK_GAP), beside: row * (widest + NODE_GAP), ...size })
  })
  return { deep: columns * (deepest + RANK_GAP) - RANK_GAP, wide: rows * (widest + NODE_GAP) - NODE_GAP, boxes }
}
